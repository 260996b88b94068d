// sage-music study: experiments that anyone can rerun, each with its report.
#include "apps/study/commands.h"

namespace sage::cli {

void add_study(Cli& cli) {
  CLI::App* study = cli.app.add_subcommand("study", "Reproducible studies with a report");
  study->require_subcommand(1);
  add_study_attention(*study, cli);
  add_study_bpe(*study, cli);
}

}  // namespace sage::cli
