// sage-music heads: what the heads of a model attend to, and merging those that attend alike.
#include "apps/heads/commands.h"

namespace sage::cli {

void add_heads(Cli& cli) {
  CLI::App* heads =
      cli.app.add_subcommand("heads", "Measure attention heads; let similar ones share K/V heads");
  heads->require_subcommand(1);
  add_heads_measure(*heads, cli);
  add_heads_merge(*heads, cli);
}

}  // namespace sage::cli
