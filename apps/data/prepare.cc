// sage-music data prepare: from folders of MIDI files to what the trainer reads.
#include <memory>

#include "apps/data/commands.h"
#include "apps/shared/tokenizer_options.h"
#include "data/prepare.h"

namespace sage::cli {

namespace {

struct DataPrepareOptions {
  PrepareOptions prepare;
  TokenizerChoice tokenizer;
  std::uint64_t shard_megabytes = 512;
};

std::string in_words(const PrepareProgress& progress) {
  using Stage = PrepareProgress::Stage;
  const std::string files =
      grouped(progress.files) + " of " + grouped(progress.total_files) + " files";
  switch (progress.stage) {
    case Stage::kListing:
      return "looking for files: " + grouped(progress.files);
    case Stage::kReading:
      return "reading: " + files + ", " + fixed(progress.files_per_second, 0) + " files/s, " +
             fixed(progress.megabytes_per_second, 1) + " MB/s, " + time_left(progress.seconds_left);
    case Stage::kComparing:
      return "looking for duplicates among " + grouped(progress.total_files) + " files";
    case Stage::kWriting:
      return "writing: " + files + ", " + time_left(progress.seconds_left);
  }
  return files;
}

void say_part(const char* name, const PrepareSummary::Part& part) {
  std::string line = std::string(name) + ": " + grouped(part.pieces) + " pieces in " +
                     grouped(part.groups) + " groups, " + grouped(part.notes) + " notes, " +
                     grouped(part.bars) + " bars, " + grouped(part.tokens) + " tokens";
  if (part.bytes > 0)
    line += "; " + fixed(static_cast<double>(part.bytes) * 1e-6, 1) + " MB (" +
            fixed(static_cast<double>(part.raw_bytes) * 1e-6, 1) + " uncompressed)";
  say(line);
}

Result<void> act(const DataPrepareOptions& given) {
  PrepareOptions options = given.prepare;
  options.shard_bytes = given.shard_megabytes << 20;
  auto tokenizer = make_tokenizer(given.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  options.tokenizer = tokenizer->config();
  install_stop_handler();
  auto summary = prepare(options, [](const PrepareProgress& progress) {
    show_progress(in_words(progress));
    return !stop_requested();
  });
  end_progress();
  if (!summary) return tl::unexpected(summary.error());
  if (summary->resumed_files > 0)
    say("went on from " + grouped(summary->resumed_files) + " files read before");
  say_part("train", summary->train);
  say_part("valid", summary->valid);
  if (summary->valid.pieces == 0 && !options.validation.empty())
    note("no validation pieces: no file of --valid is usable");
  else if (summary->valid.pieces == 0 && options.validation_share > 0)
    note("no validation pieces: all pieces are versions of one");
  for (const auto& [reason, files] : summary->dropped)
    say("dropped: " + grouped(files) + " files, " + reason);
  say("wrote " + options.output.string() + " (manifest " + summary->manifest_sha256 + ")");
  return {};
}

void add_filters(CLI::App& command, PrepareOptions& prepare) {
  const auto share = CLI::Range(0.0, 1.0);
  QualityLimits& quality = prepare.quality;
  command.add_option("--min-notes", prepare.min_notes, "drop pieces with fewer")
      ->capture_default_str();
  command.add_option("--max-notes", prepare.max_notes, "drop pieces with more")
      ->capture_default_str();
  command.add_option("--max-bars", prepare.max_bars, "drop pieces with more")
      ->capture_default_str();
  command
      .add_option("--max-same-pitch", quality.top_pitch_share,
                  "drop pieces if one pitch has more than this share of the notes")
      ->check(share)
      ->capture_default_str();
  command
      .add_option("--max-cut-bars", quality.cut_bars,
                  "drop pieces if meter changes cut short more than this share of the bars")
      ->check(share)
      ->capture_default_str();
  command
      .add_option("--max-density", quality.notes_per_second,
                  "drop pieces with more notes a second (mean)")
      ->check(not_negative())
      ->capture_default_str();
  command
      .add_option("--max-sounding", quality.sounding,
                  "drop pieces with more simultaneous notes (mean): hanging notes")
      ->check(not_negative())
      ->capture_default_str();
  command
      .add_option("--max-silence", quality.silent_bars,
                  "drop pieces with a larger share of bars without a note onset")
      ->check(share)
      ->capture_default_str();
}

void add_likeness(CLI::App& command, PrepareOptions& prepare) {
  const auto threshold = CLI::Range(0.3, 1.0);
  command
      .add_option("--near-duplicate", prepare.near_duplicate,
                  "drop pieces this similar to another; 1: only exact copies")
      ->check(threshold)
      ->capture_default_str();
  command
      .add_option("--same-piece", prepare.same_piece,
                  "keep pieces this similar in the same split; 1: off")
      ->check(threshold)
      ->capture_default_str();
}

}  // namespace

void add_data_prepare(CLI::App& data, Cli& cli) {
  auto options = std::make_shared<DataPrepareOptions>();
  PrepareOptions& prepare = options->prepare;
  CLI::App* command = add_command(
      data, cli, "prepare", "Clean, deduplicate, tokenize and split folders of MIDI files",
      "  sage-music data prepare my_music -o prepared\n"
      "  sage-music data prepare train_folder --valid held_out_folder --layout full -o prepared\n"
      "After any interruption the same command continues.",
      [options] { return act(*options); });
  command->add_option("sources", prepare.sources, "folders of MIDI files")->required();
  command->add_option("--valid", prepare.validation,
                      "folders for validation (default: hold out a share)");
  command
      ->add_option("--valid-share", prepare.validation_share,
                   "share of the pieces held out for validation")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  add_tokenizer_options(*command, options->tokenizer);
  command->add_flag("--perform", prepare.perform,
                    "with --velocity: velocities by rules of performance for parts without any");
  add_filters(*command, prepare);
  add_likeness(*command, prepare);
  command->add_option("--shard-mb", options->shard_megabytes, "size of a file of prepared data")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_flag("--restart", prepare.restart,
                    "discard the work of an unfinished run with other options");
  command->add_option("--threads", prepare.threads, "files read in parallel")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", prepare.output, "folder to write")->required();
}

}  // namespace sage::cli
