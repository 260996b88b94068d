// sage-music bpe: byte pair encoding of tokens.
#include "apps/bpe/commands.h"

namespace sage::cli {

void add_bpe(Cli& cli) {
  CLI::App* bpe =
      cli.app.add_subcommand("bpe", "Byte pair encoding: learn, apply, inspect, exchange merges");
  bpe->require_subcommand(1);
  add_bpe_train(*bpe, cli);
  add_bpe_apply(*bpe, cli);
  add_bpe_inspect(*bpe, cli);
  add_bpe_exchange(*bpe, cli);
}

}  // namespace sage::cli
