// The commands below `sage-music listen`, one file each.
#pragma once

#include "apps/shared/cli.h"

namespace sage::cli {

void add_listen_build(CLI::App& listen, Cli& cli);
void add_listen_analyse(CLI::App& listen, Cli& cli);
void add_listen_power(CLI::App& listen, Cli& cli);

}  // namespace sage::cli
