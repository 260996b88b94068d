// The commands below `sage-music data`.
#pragma once

#include "apps/shared/cli.h"

namespace sage::cli {

void add_data_prepare(CLI::App& data, Cli& cli);
void add_data_stats(CLI::App& data, Cli& cli);
void add_data_density(CLI::App& data, Cli& cli);
void add_data_feel(CLI::App& data, Cli& cli);

}  // namespace sage::cli
