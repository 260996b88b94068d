// sage-music listen: tests with people; the page they listen on, and what their answers say.
#include "apps/listen/commands.h"

namespace sage::cli {

void add_listen(Cli& cli) {
  CLI::App* listen = cli.app.add_subcommand(
      "listen", "Listening tests: build a page, analyse the answers, plan how many to ask");
  listen->require_subcommand(1);
  add_listen_build(*listen, cli);
  add_listen_analyse(*listen, cli);
  add_listen_power(*listen, cli);
}

}  // namespace sage::cli
