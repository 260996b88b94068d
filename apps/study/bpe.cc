// sage-music study bpe: what byte pair encoding learns (stage tokens), and what models make of it
// (stage train).
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <thread>

#include "apps/shared/files.h"
#include "apps/shared/tokenizer_options.h"
#include "apps/study/commands.h"
#include "base/file.h"
#include "study/token_report.h"
#include "study/token_study.h"

namespace sage::cli {
namespace {

struct StudyBpeOptions {
  std::string stage;
  std::vector<std::string> data, held_out;
  TokenStudyOptions study;
  std::uint64_t max_notes = 0;
  std::string output;
  ArmOptions arms;  // of the stage of training
};

Result<SortedCorpora> read(const std::vector<std::string>& paths, const std::string& what,
                           std::uint64_t max_notes, const StudyBpeOptions& options) {
  auto files = midi_files(paths);
  if (!files) return tl::unexpected(files.error());
  const auto tokenizer = Tokenizer::create(options.study.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  CorpusOptions corpus;
  corpus.threads = options.study.threads;
  corpus.max_notes = max_notes;
  corpus.stop = &stop_requested();
  corpus.progress = [&](std::size_t done, std::size_t total) {
    show_progress("reading " + what + ": file " + std::to_string(done) + " of " +
                  std::to_string(total));
  };
  auto corpora = read_corpora(*files, *tokenizer, corpus);
  end_progress();
  if (!corpora) return tl::unexpected(corpora.error());
  for (int k = 0; k < kMusicKindCount; ++k) {
    const auto kind = static_cast<MusicKind>(k);
    const TokenCorpus& one = corpora->of(kind);
    say(what + ", " + std::string(music_kind_name(kind)) + ": " +
        grouped(static_cast<long long>(one.pieces.size())) + " pieces, " +
        grouped(static_cast<long long>(one.notes)) + " notes, " +
        grouped(static_cast<long long>(one.tokens.size())) + " tokens");
  }
  for (const auto& [reason, count] : corpora->dropped)
    say(what + ", left out: " + std::to_string(count) + " files, " + reason);
  return corpora;
}

Result<void> act(const StudyBpeOptions& given, const std::string& command) {
  StudyBpeOptions options = given;
  std::sort(options.study.merges.begin(), options.study.merges.end());
  options.study.arms = std::filesystem::path(options.output) / "arms";
  for (const auto& paths : {options.data, options.held_out})
    if (auto files = midi_files(paths); !files) return tl::unexpected(files.error());
  if (auto ok = check_writable(options.study.arms / "arm.json"); !ok) return ok;
  install_stop_handler();
  auto training = read(options.data, "training", options.max_notes, options);
  if (!training) return tl::unexpected(training.error());
  auto held_out = read(options.held_out, "held out", 0, options);
  if (!held_out) return tl::unexpected(held_out.error());

  options.study.stop = &stop_requested();
  std::string current;
  auto begin = std::chrono::steady_clock::now();
  options.study.progress = [&](const std::string& what, double share) {
    const auto now = std::chrono::steady_clock::now();
    if (what != current) begin = now;
    current = what;
    const double elapsed = std::chrono::duration<double>(now - begin).count();
    show_progress(what + ": " + fixed(100 * share, 0) + " % of the merges, at most " +
                  time_left(elapsed / std::max(share, 1e-3) * (1 - share)));
  };
  auto arms = study_tokens(*training, *held_out, options.study);
  end_progress();
  if (!arms) return tl::unexpected(arms.error());
  TokenReport report;
  report.command = command;
  report.tokenizer = options.study.tokenizer;
  report.training_sha256 = training->sha256;
  report.held_out_sha256 = held_out->sha256;
  report.arms = *std::move(arms);
  if (auto written = write_token_report(report, options.output); !written) return written;
  say("wrote " + (std::filesystem::path(options.output) / "report.md").string() +
      ", report.json and plots beside it");
  return {};
}

}  // namespace

void add_study_bpe(CLI::App& study, Cli& cli) {
  auto options = std::make_shared<StudyBpeOptions>();
  options->study.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  options->arms.study = "bpe";
  options->arms.speed.contexts = {512};
  CLI::App* command = add_command(
      study, cli, "bpe", "Study of byte pair encoding: piano and multi-track music",
      "  sage-music study bpe --stage tokens --data train_folder --held-out test_folder -o report\n"
      "  sage-music study bpe --stage train --data train_folder --held-out test_folder -o report\n"
      "\n"
      "Files are sorted into piano scores, piano performances and multi-track music. Finished "
      "arms\n"
      "are kept in the output folder; after an interruption the same command continues.",
      [options, &cli] {
        if (options->stage == "tokens") return act(*options, cli.command_line);
        ArmOptions& arms = options->arms;
        arms.output = options->output;
        arms.threads = options->study.threads;
        arms.shape.tokenizer = options->study.tokenizer;
        arms.command = cli.command_line;
        return run_arms(arms);
      });
  command
      ->add_option("--stage", options->stage,
                   "tokens: lengths, composition, use, entropy of merges; train: models with them")
      ->required()
      ->check(CLI::IsMember({"tokens", "train"}));
  command->add_option("--data", options->data, "MIDI files or folders to learn from");
  command->add_option("--held-out", options->held_out, "MIDI files or folders to measure on");
  add_base_tokenizer_options(*command, options->study.tokenizer);
  command
      ->add_option("--threads", options->study.threads,
                   "threads for reading files and learning merges")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "folder of the report")->required();

  const std::string tokens = "Stage tokens";
  command->add_option("--merges", options->study.merges, "numbers of merges to measure")
      ->check(CLI::Range(0, 60'000))
      ->capture_default_str()
      ->group(tokens);
  std::map<std::string, Boundary> boundaries;
  for (const Boundary boundary : kBoundaries) boundaries.emplace(boundary_name(boundary), boundary);
  command
      ->add_option("--boundaries", options->study.boundaries,
                   "boundaries that merges must not cross")
      ->transform(CLI::CheckedTransformer(boundaries).description(""))
      ->option_text("none bar beat position note (default: all of them)")
      ->group(tokens);
  command
      ->add_option("--max-notes", options->max_notes,
                   "maximum number of notes of each kind (approximate); 0: all")
      ->capture_default_str()
      ->group(tokens);
  add_arm_options(*command, options->arms);
  check_usage(*command, [options] {
    ArmOptions& arms = options->arms;
    arms.data = options->data;
    arms.held_out = options->held_out;
    return check_arm_options(arms);
  });
}

}  // namespace sage::cli
