// sage-music eval likelihood: how well a model knows held-out music.
#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/report_outputs.h"
#include "generate/casting.h"
#include "generate/likelihood.h"
#include "midi/reader.h"
#include "score/timeline.h"
#include "study/ngram.h"

namespace sage::cli {
namespace {

constexpr std::size_t kToldFiles = 10;  // by name, of those that were skipped

struct LikelihoodOptions {
  ModelChoice model;
  std::vector<std::string> data;
  std::vector<std::string> ngram;  // what n-gram models are learnt from; empty: none
  int limit = 0;
  bool apart = false;
  bool json = false;
};

/// Adds a piece's base tokens to those that n-gram models are measured on.
void add_piece(const std::vector<TokenId>& ids, TokenCorpus& corpus) {
  CorpusPiece piece;
  piece.first_token = corpus.tokens.size();
  piece.token_count = static_cast<std::uint32_t>(ids.size());
  corpus.tokens.insert(corpus.tokens.end(), ids.begin(), ids.end());
  corpus.pieces.push_back(piece);
}

/// Nats a note of what counting alone can predict.
Result<Json> ngram_rows(const LikelihoodOptions& options, const Tokenizer& tokenizer,
                        const TokenCorpus& held_out, double notes) {
  auto files = midi_files(options.ngram);  // asked for before all else, too
  if (!files) return tl::unexpected(files.error());
  TokenizerConfig base = tokenizer.config();
  base.merges = {};
  const auto plain = Tokenizer::create(base);
  if (!plain) return tl::unexpected(plain.error());
  CorpusOptions reading;
  reading.stop = &stop_requested();
  reading.progress = [&](std::size_t done, std::size_t all) {
    if (!options.json)
      show_progress("counting: file " + std::to_string(done) + " of " + std::to_string(all));
  };
  auto corpora = read_corpora(*files, *plain, reading);
  end_progress();
  if (!corpora) return tl::unexpected(corpora.error());
  const std::string sha256 = corpora->sha256;
  const TokenCorpus training = joined(*std::move(corpora));
  const auto nats = ngram_nats(training, held_out, plain->size(), kMostNgram, &stop_requested());
  if (!nats) return tl::unexpected(nats.error());
  Json rows = Json::array();
  for (std::size_t n = 0; n < nats->size(); ++n)
    rows.push_back({{"model", n == 0   ? "uniform"
                              : n == 1 ? "unigram"
                                       : std::to_string(n) + "-gram"},
                    {"nats_per_note", (*nats)[n] / notes}});
  return Json{{"training_pieces", training.pieces.size()},
              {"training_tokens", training.tokens.size()},
              {"training_sha256", sha256},
              {"models", rows}};
}

Result<void> eval_likelihood(const LikelihoodOptions& options) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  if (!options.ngram.empty())
    if (auto training = midi_files(options.ngram); !training)
      return tl::unexpected(training.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  const auto chosen = thin(*std::move(files), options.limit);
  Workspace workspace((*engine)->model().config(), {.threads = options.model.threads});
  Likelihood total;
  TokenCorpus held_out;
  double seconds = 0;
  std::size_t pieces = 0;
  std::vector<Skipped> refused;
  PieceProgress progress("read", options.json);
  std::size_t done = 0;
  for (const auto& path : chosen) {
    if (!progress(done++, chosen.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    auto read = read_midi_file(path);
    if (read && options.apart) read->score = as_cast(read->score, cast_apart(read->score));
    auto piece = read ? (*engine)->tokenizer().quantise(read->score)
                      : Result<Quantised>(tl::unexpected(read.error()));
    if (!piece || piece->bars.empty()) {
      refused.push_back({path.string(), piece ? "no notes" : to_string(piece.error())});
      continue;
    }
    const Tokenizer& tokenizer = (*engine)->tokenizer();
    const auto base = tokenizer.write(*piece);
    if (!options.ngram.empty()) add_piece(base, held_out);
    const auto ids = tokenizer.merge(base);
    auto one = likelihood(**engine, ids, workspace);
    if (!one) return fail(path.string(), one.error());
    total += *one;
    seconds += duration_seconds(piece->score);
    ++pieces;
  }
  end_progress();
  for (std::size_t i = 0; i < refused.size() && !options.json; ++i) {
    if (i == kToldFiles) {
      note("and " + std::to_string(refused.size() - i) + " more; --json lists all");
      break;
    }
    note("skipped " + printable(refused[i].name) + ": " + refused[i].why);
  }
  if (pieces == 0) return fail(ErrorCode::kInvalidArgument, "no file could be scored");
  const double notes = static_cast<double>(total.notes);
  const double tokens = static_cast<double>(total.tokens);
  const double bits = std::numbers::log2e;
  Json result = {{"model", (*engine)->weights().hash()},
                 {"pieces", pieces},
                 {"refused_files", refused.size()},
                 {"notes", total.notes},
                 {"tokens", total.tokens},
                 {"music_seconds", seconds},
                 {"nats_per_note", total.nats / notes},
                 {"bits_per_note", total.nats / notes * bits},
                 {"nats_per_token", total.nats / tokens},
                 {"bits_per_token", total.nats / tokens * bits},
                 {"nats_per_second", total.nats / seconds},
                 {"bits_per_second", total.nats / seconds * bits},
                 {"nats_per_note_under_grammar", total.nats_legal / notes}};
  for (std::size_t i = 0; i < total.nats_of.size(); ++i)
    result["nats_per_note_of_" + std::string(attribute_name(static_cast<Attribute>(i)))] =
        total.nats_of[i] / notes;
  const double velocity = total.nats_of[static_cast<std::size_t>(Attribute::kVelocity)];
  result["nats_per_note_without_velocity"] = (total.nats - velocity) / notes;
  if (!options.ngram.empty()) {
    auto rows = ngram_rows(options, (*engine)->tokenizer(), held_out, notes);
    if (!rows) return tl::unexpected(rows.error());
    result["ngram"] = *std::move(rows);
  }
  if (options.json) {
    result["skipped"] = Json::array();
    for (const Skipped& s : refused)
      result["skipped"].push_back({{"name", printable(s.name)}, {"why", s.why}});
    say_json(result);
    return {};
  }
  if (result.contains("ngram"))
    for (const Json& row : result["ngram"]["models"])
      say(row["model"].get<std::string>() + ": " + fixed(row["nats_per_note"], 4) + " nats a note");
  result.erase("ngram");
  for (const auto& [key, value] : result.items())
    say(key + ": " +
        (value.is_number_float() ? fixed(value, 4)
         : value.is_string()     ? value.get<std::string>()
                                 : value.dump()));
  return {};
}

}  // namespace

void add_eval_likelihood(CLI::App& eval, Cli& cli) {
  auto options = std::make_shared<LikelihoodOptions>();
  CLI::App* command =
      add_command(eval, cli, "likelihood", "Measure nats and bits a note on held-out pieces",
                  "  sage-music eval likelihood --data held_out_folder --json\n"
                  "  sage-music eval likelihood --data held_out --ngram train",
                  [options] { return eval_likelihood(*options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "MIDI files or folders")->required();
  command->add_option(
      "--ngram", options->ngram,
      "MIDI files or folders: also score uniform, unigram and up to 5-gram models trained on them");
  command->add_option("--limit", options->limit, "maximum number of files (approximate); 0: all")
      ->check(not_negative());
  command->add_flag("--apart", options->apart,
                    "tell parts of one program apart by stand-in programs, as infill does");
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
