// Works through the arms of a study: what is done stays done, seeds fill up evenly, several
// processes share the work, and nothing is started that would not fit into the budget.
//
// Knows neither libtorch nor how models are made; see Workshop.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "study/held_out.h"
#include "study/study_folder.h"

namespace sage {

struct TrainedArm {
  std::filesystem::path model;
  ArmTraining training;
};

/// Trains the models. The program implements it: training needs libtorch, the study does not.
class Workshop {
 public:
  virtual ~Workshop() = default;
  /// Trains an arm, or continues an interrupted training; a model that is there
  /// already is not trained again. `share` reports how much is done. kInterrupted where asked to
  /// stop.
  virtual Result<TrainedArm> train(const ArmSpec& arm, std::uint64_t seed,
                                   const std::function<void(double share)>& share) = 0;
};

struct QueueOptions {
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  std::filesystem::path work;  // folder of outputs and locks
  double budget_minutes = 0;   // 0: no limit
  std::string machine;         // for the results
  const std::atomic<bool>* stop = nullptr;
  /// What is being done, how much of it is, and how long the whole takes from here.
  std::function<void(const std::string& what, double share, double seconds_left)> progress;
  std::function<void(const ArmResult& result)> finished;
};

struct QueueSummary {
  std::size_t kept = 0, made = 0;
  std::vector<std::string> left;  // runs not done
  double seconds_left = 0;        // an estimate for those
};

/// `arms` are those of the plan that are wanted, `held_out` has every kind of their music.
/// kInterrupted when stopped; the same call continues.
Result<QueueSummary> work_through(const StudyPlan& plan, const std::vector<std::string>& arms,
                                  const StudyFolder& folder,
                                  const std::map<MusicKind, HeldOut>& held_out, Workshop& workshop,
                                  const QueueOptions& options);

}  // namespace sage
