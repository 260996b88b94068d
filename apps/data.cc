// sage-music data prepare: from folders of MIDI files to what the trainer reads.
#include <memory>

#include "cli.h"
#include "tokenizer_options.h"
#include "train/prepare.h"

namespace sage::cli {

namespace {

struct Options {
  PrepareOptions prepare;
  TokenizerChoice tokenizer;
};

Result<void> act(const Options& given) {
  PrepareOptions options = given.prepare;
  auto tokenizer = make_tokenizer(given.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  options.tokenizer = tokenizer->config();
  install_stop_handler();
  auto summary = prepare(options, [](const PrepareProgress& progress) {
    show_progress(std::to_string(progress.files) + " of " + std::to_string(progress.total_files) +
                  " files, " + time_left(progress.seconds_left));
    return !stop_requested();
  });
  end_progress();
  if (!summary) return tl::unexpected(summary.error());
  const auto part = [](const char* name, const PrepareSummary::Part& p) {
    say(std::string(name) + ": " + grouped(static_cast<long long>(p.pieces)) + " pieces, " +
        grouped(static_cast<long long>(p.notes)) + " notes, " +
        grouped(static_cast<long long>(p.bars)) + " bars, " +
        grouped(static_cast<long long>(p.tokens)) + " tokens");
  };
  part("train", summary->train);
  part("valid", summary->valid);
  for (const auto& [reason, files] : summary->dropped)
    say("dropped: " + grouped(static_cast<long long>(files)) + " files, " + reason);
  say("wrote " + options.output.string() + " (manifest " + summary->manifest_sha256 + ")");
  return {};
}

}  // namespace

void add_data(Cli& cli) {
  CLI::App* data = cli.app.add_subcommand("data", "Prepare music for training");
  data->require_subcommand(1);
  auto options = std::make_shared<Options>();
  PrepareOptions& prepare = options->prepare;
  CLI::App* command = add_command(
      *data, cli, "prepare", "Clean, deduplicate, tokenize and split folders of MIDI files",
      "  sage-music data prepare my_music -o prepared\n"
      "  sage-music data prepare train_folder --valid held_out_folder --layout full -o prepared",
      [options] { return act(*options); });
  command->add_option("sources", prepare.sources, "folders of MIDI files")->required();
  command->add_option("--valid", prepare.validation,
                      "folders for validation; else a share is held back");
  command->add_option("--valid-share", prepare.validation_share, "share of the pieces held back")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  add_tokenizer_options(*command, options->tokenizer);
  command->add_option("--min-notes", prepare.min_notes, "drop pieces with fewer")
      ->capture_default_str();
  command->add_option("--max-notes", prepare.max_notes, "drop pieces with more")
      ->capture_default_str();
  command->add_option("--threads", prepare.threads, "files read at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", prepare.output, "folder to write")->required();
}

}  // namespace sage::cli
