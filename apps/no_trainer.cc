// Replaces train/ in a program without libtorch: the commands print what to do instead.
#include "apps/study/commands.h"

namespace sage::cli {
namespace {

tl::unexpected<Error> missing() {
  return fail(ErrorCode::kUnsupported,
              "this program was built without the trainer; build it with scripts/build.sh train "
              "(needs libtorch-dev) and call build/train/bin/sage-music");
}

void add_missing(Cli& cli, const char* name, const char* summary) {
  add_command(cli.app, cli, name, std::string(summary) + " (not in this build)", "",
              []() -> Result<void> { return missing(); })
      ->allow_extras();
}

}  // namespace

bool has_trainer() { return false; }

Result<std::unique_ptr<Workshop>> open_workshop(const WorkshopOptions&) { return missing(); }

void add_finetune(Cli& cli) { add_missing(cli, "finetune", "Train a model on music of your own"); }

void add_train(Cli& cli) { add_missing(cli, "train", "Train a model"); }

}  // namespace sage::cli
