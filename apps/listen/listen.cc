// sage-music listen: listening tests; the page, and the analysis of the answers.
#include "apps/listen/commands.h"

namespace sage::cli {

void add_listen(Cli& cli) {
  CLI::App* listen = cli.app.add_subcommand(
      "listen", "Listening tests: build a page, analyse answers, plan the number of listeners");
  listen->require_subcommand(1);
  add_listen_build(*listen, cli);
  add_listen_analyse(*listen, cli);
  add_listen_power(*listen, cli);
}

}  // namespace sage::cli
