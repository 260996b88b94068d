// Common to the benchmarks over prompts from files: options, and the report of skipped files.
#pragma once

#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "apps/shared/model_choice.h"
#include "eval/generation.h"

namespace sage::cli {

struct PromptOptions {
  ModelChoice model;
  std::string data;  // folder of MIDI files
  GenerationOptions generation;
  std::size_t limit = 0;  // maximum number of files, approximately; 0: all
  bool json = false;
};

/// --model and what goes with it, --data, --bars, --limit, --seed and --json.
void add_prompt_options(CLI::App& command, PromptOptions& options);

Json skipped_json(const std::vector<Skipped>& skipped);
/// A line for each of them, in the form that skipped_json() gives.
void say_skipped(const Json& skipped);

}  // namespace sage::cli
