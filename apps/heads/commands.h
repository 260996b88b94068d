// The commands below `sage-music heads`.
#pragma once

#include "apps/shared/cli.h"

namespace sage::cli {

void add_heads_measure(CLI::App& heads, Cli& cli);
void add_heads_merge(CLI::App& heads, Cli& cli);

}  // namespace sage::cli
