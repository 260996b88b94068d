// sage-music data: music for the trainer.
#include "apps/data/commands.h"

namespace sage::cli {

void add_data(Cli& cli) {
  CLI::App* data = cli.app.add_subcommand("data", "Prepare music for training");
  data->require_subcommand(1);
  add_data_prepare(*data, cli);
  add_data_stats(*data, cli);
  add_data_density(*data, cli);
  add_data_feel(*data, cli);
}

}  // namespace sage::cli
