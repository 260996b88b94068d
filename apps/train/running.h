// The commands below `sage-music train`, one file each, and what those that train share.
#pragma once

#include "apps/shared/cli.h"
#include "train/trainer.h"

namespace sage::cli {

void add_train_plot(CLI::App& train, Cli& cli);
void add_train_scaling(CLI::App& train, Cli& cli);

/// Keeps the large temporaries of a step instead of faulting them in again each time. For the rest
/// of the program's life.
void keep_memory();

/// Progress and validations on the console; Ctrl-C stops.
TrainHooks console_hooks();

}  // namespace sage::cli
