// One task of the benchmark from end to end: a model writes, its outputs are scored and reported.
#pragma once

#include <string>

#include "apps/shared/model_choice.h"
#include "apps/shared/report_outputs.h"
#include "eval/generation.h"

namespace sage::cli {

struct TaskRun {
  ModelChoice model;
  std::string data, output, name = "model";
  GenerationOptions generation;
  std::size_t limit = 0;
  std::size_t takes = 1;
  std::string plan;             // file; empty: a plan of our own
  std::uint64_t hole_seed = 0;  // of that
  ReportOptions report;
};

/// What a run of the task has where nobody says otherwise.
TaskRun usual_run(GenerationTask task);

/// Writes the outputs and the report; a stopped run continues where it stopped.
Result<void> run_task(const Cli& cli, TaskRun run);

}  // namespace sage::cli
