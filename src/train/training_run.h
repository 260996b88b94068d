// A run from its first step, or from a checkpoint, to the end of its budget. Internal to train.
//
// Each of several processes has its own run, in step with the others; the first one's clock
// counts, and it alone has the folder.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "train/checkpoint.h"
#include "train/initial_model.h"
#include "train/learner.h"
#include "train/process_group.h"
#include "train/run_folder.h"
#include "train/train_options.h"
#include "train/train_report.h"

namespace sage {

class TrainingRun {
 public:
  /// The folder is the first process's alone.
  TrainingRun(const TrainOptions& options, const TrainHooks& hooks, std::optional<RunFolder> folder,
              const ProcessGroup& group, Dataset training, std::optional<Dataset> validation,
              std::string data_summary)
      : options_(options),
        hooks_(hooks),
        folder_(std::move(folder)),
        group_(group),
        training_(std::move(training)),
        validation_(std::move(validation)),
        data_summary_(std::move(data_summary)),
        learner_(options, group) {}

  /// Takes the weights of a model file, unless the run is past its beginning already.
  Result<void> start_from(const InitialModel& initial, bool fresh);
  Result<void> resume(const std::filesystem::path& checkpoint);
  /// Brings all processes to the state of the first one.
  void share();
  Result<TrainSummary> run();

 private:
  double session_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  bool out_of_patience() const {
    return options_.patience > 0 && state_.validations_since >= options_.patience;
  }
  double progress() const;
  bool goes_on();
  void log(const nlohmann::json& line) {
    if (folder_) folder_->log(line);
  }
  Result<void> step();
  void report();
  Result<void> validate();
  Result<void> advance();
  Result<void> save();
  std::string training_summary() const;

  TrainOptions options_;
  TrainHooks hooks_;
  std::optional<RunFolder> folder_;
  ProcessGroup group_;
  Dataset training_;
  std::optional<Dataset> validation_;
  std::string data_summary_;
  std::string init_hash_;  // of the model file that the run started from
  Learner learner_;
  TrainState state_;
  double earlier_seconds_ = 0;  // of the sessions before this one
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::int64_t validated_step_ = -1;
  bool stopped_ = false;
  double progress_ = 0;  // all processes' opinion of progress()
  // Since the last report:
  double loss_sum_ = 0;
  std::int64_t reported_steps_ = 0;
  double report_seconds_ = 0;  // the session's time at it
  // Of the last step:
  double rate_ = 0, gradient_norm_ = 0;
};

}  // namespace sage
