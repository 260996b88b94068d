// sage-music bpe train: learns merges of tokens from music.
#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/bpe/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/tokenizer_options.h"
#include "base/file.h"
#include "base/stopwatch.h"
#include "study/token_corpus.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer_file.h"

namespace sage::cli {
namespace {

constexpr std::size_t kMostRemarks = 20;

struct TrainOptions {
  std::vector<std::string> data;
  TokenizerConfig config;
  Boundary boundary = Boundary::kBar;
  int merges = 2'000;
  std::uint64_t min_count = 2;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::string output;
};

Result<TokenCorpus> read_corpus(const TrainOptions& options, const Tokenizer& tokenizer,
                                nlohmann::json& about) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  std::vector<std::string> inputs;
  for (const auto& file : *files) inputs.push_back(file.string());
  if (auto ok = check_apart(inputs, {options.output}); !ok) return tl::unexpected(ok.error());
  CorpusOptions corpus;
  corpus.threads = options.threads;
  corpus.stop = &stop_requested();
  const auto begin = Stopwatch::now();
  corpus.progress = [&](std::size_t done, std::size_t total) {
    const double left =
        seconds_since(begin) / static_cast<double>(done) * static_cast<double>(total - done);
    show_progress("reading file " + std::to_string(done) + " of " + std::to_string(total) + ", " +
                  time_left(left));
  };
  auto corpora = read_corpora(*files, tokenizer, corpus);
  end_progress();
  if (!corpora) return tl::unexpected(corpora.error());
  for (std::size_t i = 0; i < std::min(corpora->remarks.size(), kMostRemarks); ++i)
    note(corpora->remarks[i]);
  if (corpora->remarks.size() > kMostRemarks)
    note("and " + grouped(static_cast<long long>(corpora->remarks.size() - kMostRemarks)) +
         " more files with something odd");
  std::string left_out;
  for (const auto& [reason, count] : corpora->dropped)
    left_out += (left_out.empty() ? "" : ", ") + std::to_string(count) + " " + reason;
  about["data_sha256"] = corpora->sha256;
  TokenCorpus all = joined(*std::move(corpora));
  if (all.pieces.empty())
    return fail(ErrorCode::kInvalidArgument, "no file has notes to learn from (" + left_out + ")");
  if (!left_out.empty()) note("excluded: " + left_out);
  about["pieces"] = all.pieces.size();
  about["notes"] = all.notes;
  say("read " + grouped(static_cast<long long>(all.pieces.size())) + " pieces, " +
      grouped(static_cast<long long>(all.notes)) + " notes, " +
      grouped(static_cast<long long>(all.tokens.size())) + " tokens in " +
      fixed(seconds_since(begin), 1) + " s");
  return all;
}

Result<LearnedMerges> learn(const TrainOptions& options, const Tokenizer& tokenizer,
                            TokenCorpus corpus) {
  const auto begin = Stopwatch::now();
  BpeTrainer trainer({.base_size = tokenizer.size(),
                      .merges = options.merges,
                      .min_count = options.min_count,
                      .threads = options.threads,
                      .progress =
                          [&](int done, int merges) {
                            const double left =
                                seconds_since(begin) / std::max(done, 1) * (merges - done);
                            show_progress("merge " + grouped(done) + " of " + grouped(merges) +
                                          ", at most " + time_left(left));
                          },
                      .stop = &stop_requested()});
  const Segmenter segmenter(tokenizer.tokenization(), tokenizer.config(), tokenizer.vocabulary(),
                            options.boundary);
  std::vector<std::uint32_t> ends;
  for (const CorpusPiece& piece : corpus.pieces) {
    segmenter.words(corpus.of(piece), ends);
    if (auto added = trainer.add(corpus.of(piece), ends); !added)
      return tl::unexpected(added.error());
  }
  corpus = {};  // the trainer has its own copy
  auto learned = trainer.learn();
  end_progress();
  if (!learned) return tl::unexpected(learned.error());
  say("learnt " + grouped(static_cast<long long>(learned->merges.size())) + " merges in " +
      fixed(seconds_since(begin), 1) +
      " s: " + grouped(static_cast<long long>(learned->tokens_before)) + " tokens became " +
      grouped(static_cast<long long>(learned->tokens_after)));
  return learned;
}

Result<void> train(const TrainOptions& options) {
  auto base = Tokenizer::create(options.config);
  if (!base) return tl::unexpected(base.error());
  if (auto ok = check_writable(options.output); !ok) return ok;
  install_stop_handler();
  nlohmann::json about;
  auto corpus = read_corpus(options, *base, about);
  if (!corpus) return tl::unexpected(corpus.error());
  auto learned = learn(options, *base, *std::move(corpus));
  if (!learned) return tl::unexpected(learned.error());
  if (learned->merges.empty())
    return fail(ErrorCode::kInvalidArgument, "no pair of tokens occurs " +
                                                 std::to_string(options.min_count) +
                                                 " times or more: nothing to learn");
  about["tokens_before"] = learned->tokens_before;
  about["tokens_after"] = learned->tokens_after;
  about["min_count"] = options.min_count;
  about["counts"] = learned->counts;
  TokenizerConfig config = options.config;
  config.merges = {options.boundary, std::move(learned->merges)};
  auto tokenizer = Tokenizer::create(config);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  if (auto written = write_tokenizer_file(options.output, *tokenizer, about); !written)
    return written;
  say("wrote " + options.output + ": " + describe(tokenizer->config()));
  return {};
}

}  // namespace

void add_bpe_train(CLI::App& bpe, Cli& cli) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = add_command(
      bpe, cli, "train", "Learn merges from MIDI files",
      "  sage-music bpe train my_music -o bpe.json\n"
      "  sage-music bpe train a_folder another --merges 5000 --boundary note -o bpe.json",
      [options] { return train(*options); });
  command->add_option("data", options->data, "MIDI files or folders")->required();
  std::map<std::string, Boundary> boundaries;
  for (const Boundary boundary : kBoundaries) boundaries.emplace(boundary_name(boundary), boundary);
  command
      ->add_option(
          "--boundary", options->boundary,
          "boundary that merges must not cross: none, bar, beat, position or note (default: bar)")
      ->transform(CLI::CheckedTransformer(boundaries).description(""))
      ->option_text("none|bar|beat|position|note");
  command->add_option("--merges", options->merges, "tokens to add to the base tokens")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  command->add_option("--min-count", options->min_count, "do not merge rarer pairs")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_base_tokenizer_options(*command, options->config);
  command->add_option("--threads", options->threads)
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "tokenizer file to write (JSON)")->required();
}

}  // namespace sage::cli
