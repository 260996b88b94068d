// The commands below `sage-music study`.
#pragma once

#include <functional>
#include <memory>

#include "apps/shared/cli.h"
#include "study/queue.h"
#include "study/sorting.h"

namespace sage::cli {

/// study bpe, both stages.
void add_study_bpe(CLI::App& study, Cli& cli);
void add_study_attention(CLI::App& study, Cli& cli);

/// The stage of training, for both studies: what was asked for on the command line.
struct ArmOptions {
  std::string study;  // "attention" or "bpe"
  std::vector<std::string> data, held_out;
  std::string output, work;
  StudyShape shape;
  StudySettings settings;
  int seeds = 3;
  std::vector<std::string> arms;  // names; empty: all
  double budget_minutes = 0;
  int jobs = 1, threads = 1;  // arms at once; threads of what prepares the data
  SpeedOptions speed;
  bool cuda = false;  // where models are trained; all else is done by processors
  bool no_speed = false;
  bool report_only = false, speed_only = false;
  std::string command;
};
/// `data` and `held_out` are declared by the caller.
void add_arm_options(CLI::App& command, ArmOptions& options);
/// --data and --held-out, unless nothing is trained.
Result<void> check_arm_options(const ArmOptions& options);
Result<void> run_arms(const ArmOptions& options);

/// What a workshop needs to know.
struct WorkshopOptions {
  std::filesystem::path work;
  StudyPlan plan;
  StudySettings settings;
  SortedFiles training, held_out;  // the latter only so that no copy of them is trained on
  int threads = 1;
  bool cuda = false;
  std::string command;
};
/// Fails in a program without the trainer.
Result<std::unique_ptr<Workshop>> open_workshop(const WorkshopOptions& options);

}  // namespace sage::cli
