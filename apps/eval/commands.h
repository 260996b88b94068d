// The commands below `sage-music eval`, one file each.
#pragma once

#include "apps/shared/cli.h"

namespace sage::cli {

void add_eval_likelihood(CLI::App& eval, Cli& cli);
void add_eval_round_trip(CLI::App& eval, Cli& cli);
void add_eval_score(CLI::App& eval, Cli& cli);
void add_eval_generation(CLI::App& eval, Cli& cli);  // all tasks in which a model writes
void add_eval_all(CLI::App& eval, Cli& cli);
void add_eval_compare(CLI::App& eval, Cli& cli);
void add_eval_holes(CLI::App& eval, Cli& cli);
void add_eval_copying(CLI::App& eval, Cli& cli);
void add_eval_degrade(CLI::App& eval, Cli& cli);

}  // namespace sage::cli
