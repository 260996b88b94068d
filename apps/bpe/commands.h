// The commands below bpe, one file each.
#pragma once

#include "apps/shared/cli.h"

namespace sage::cli {

void add_bpe_train(CLI::App& bpe, Cli& cli);
void add_bpe_apply(CLI::App& bpe, Cli& cli);
void add_bpe_inspect(CLI::App& bpe, Cli& cli);
void add_bpe_exchange(CLI::App& bpe, Cli& cli);

}  // namespace sage::cli
