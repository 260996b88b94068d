// sage-music eval: the benchmark; how well a model writes and knows music, and what a tokenizer
// keeps of it.
#include "apps/eval/commands.h"

namespace sage::cli {

void add_eval(Cli& cli) {
  CLI::App* eval = cli.app.add_subcommand(
      "eval", "The benchmark: measure models, outputs and tokenizers on music files");
  eval->require_subcommand(1);
  add_eval_all(*eval, cli);
  add_eval_compare(*eval, cli);
  add_eval_generation(*eval, cli);
  add_eval_holes(*eval, cli);
  add_eval_score(*eval, cli);
  add_eval_copying(*eval, cli);
  add_eval_degrade(*eval, cli);
  add_eval_likelihood(*eval, cli);
  add_eval_round_trip(*eval, cli);
}

}  // namespace sage::cli
