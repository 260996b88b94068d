// sage-music eval: how well a model knows held-out music, and what a tokenizer keeps of it.
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>

#include "cli.h"
#include "files.h"
#include "generate/likelihood.h"
#include "midi/reader.h"
#include "model_choice.h"
#include "score/timeline.h"
#include "tokenizer_options.h"

namespace sage::cli {
namespace {

/// Every k-th file, so that about `limit` are left, the same ones each time.
std::vector<std::filesystem::path> thin(std::vector<std::filesystem::path> files, int limit) {
  if (limit <= 0 || files.size() <= static_cast<std::size_t>(limit)) return files;
  std::vector<std::filesystem::path> some;
  for (int i = 0; i < limit; ++i)
    some.push_back(
        files[files.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(limit)]);
  return some;
}

/// Says how far a walk over files has come, with an estimate of the time left.
class FileProgress {
 public:
  FileProgress(std::size_t total, bool quiet) : total_(total), quiet_(quiet) {}
  void step() {
    ++done_;
    if (quiet_) return;
    const double elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    show_progress(
        std::to_string(done_) + " of " + std::to_string(total_) + " files, " +
        fixed(elapsed / static_cast<double>(done_) * static_cast<double>(total_ - done_), 0) +
        " s left");
  }

 private:
  std::size_t total_, done_ = 0;
  bool quiet_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct LikelihoodOptions {
  ModelChoice model;
  std::vector<std::string> data;
  int limit = 0;
  bool json = false;
};

Result<void> eval_likelihood(const LikelihoodOptions& options) {
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  const auto chosen = thin(*std::move(files), options.limit);
  Workspace workspace((*engine)->model().config(), {.threads = options.model.threads});
  Likelihood total;
  double seconds = 0;
  std::size_t pieces = 0, refused = 0;
  FileProgress progress(chosen.size(), options.json);
  for (const auto& path : chosen) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    progress.step();
    auto read = read_midi_file(path);
    auto piece = read ? (*engine)->tokenizer().quantise(read->score)
                      : Result<Quantised>(tl::unexpected(read.error()));
    if (!piece || piece->bars.empty()) {
      ++refused;
      continue;
    }
    const Tokenizer& tokenizer = (*engine)->tokenizer();
    const auto ids =
        tokenizer.tokenization().write(*piece, tokenizer.config(), tokenizer.vocabulary(), {});
    auto one = likelihood(**engine, ids, workspace);
    if (!one) return fail(path.string(), one.error());
    total += *one;
    seconds += duration_seconds(piece->score);
    ++pieces;
  }
  end_progress();
  if (pieces == 0) return fail(ErrorCode::kInvalidArgument, "none of the files could be scored");
  const double notes = static_cast<double>(total.notes);
  const double tokens = static_cast<double>(total.tokens);
  const double bits = std::numbers::log2e;
  const Json result = {{"model", (*engine)->weights().hash()},
                       {"pieces", pieces},
                       {"refused_files", refused},
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
  if (options.json) {
    say_json(result);
    return {};
  }
  for (const auto& [key, value] : result.items())
    say(key + ": " +
        (value.is_number_float() ? fixed(value, 4)
         : value.is_string()     ? value.get<std::string>()
                                 : value.dump()));
  return {};
}

struct RoundTripOptions {
  std::vector<std::string> data;
  TokenizerConfig config;
  int limit = 0;
  bool json = false;
};

struct Kept {
  std::size_t files = 0, refused = 0, failed = 0;
  std::size_t notes = 0;      // in the files
  std::size_t found = 0;      // have a likeness: same program and pitch within half a step
  std::size_t onsets = 0;     // of these, at exactly the same time
  std::size_t lengths = 0;    // of these, within half a step or 12.5 % of its length
  std::size_t durations = 0;  // of these, of exactly the same length
};

/// Pairs every note with a decoded note of its program, pitch and grid position.
void compare(const Score& original, const Score& decoded, Kept& kept) {
  using Key = std::tuple<int, int, std::int64_t>;  // program, pitch, step
  std::map<Key, std::int64_t> lengths;
  for (const Track& track : decoded.tracks)
    for (const Note& note : track.notes)
      lengths[{track.program_or_drum(), note.pitch, note.onset.count}] = note.duration.count;
  const std::int64_t grid = decoded.ticks_per_quarter, tpq = original.ticks_per_quarter;
  for (const Track& track : original.tracks) {
    for (const Note& note : track.notes) {
      ++kept.notes;
      const std::int64_t step = rescale(note.onset.count, tpq, grid);
      const auto likeness = lengths.find({track.program_or_drum(), note.pitch, step});
      if (likeness == lengths.end()) continue;
      ++kept.found;
      if (step * tpq == note.onset.count * grid) ++kept.onsets;
      const double steps =
          static_cast<double>(note.duration.count * grid) / static_cast<double>(tpq);
      const double error = std::abs(static_cast<double>(likeness->second) - steps);
      if (error <= std::max(0.5, 0.125 * steps)) ++kept.lengths;
      if (error == 0.0) ++kept.durations;
    }
  }
}

Result<void> eval_round_trip(const RoundTripOptions& options) {
  auto tokenizer = Tokenizer::create(options.config);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  install_stop_handler();
  const auto chosen = thin(*std::move(files), options.limit);
  Kept kept;
  FileProgress progress(chosen.size(), options.json);
  for (const auto& path : chosen) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
    progress.step();
    auto read = read_midi_file(path);
    auto ids = read ? tokenizer->encode(read->score)
                    : Result<std::vector<TokenId>>(tl::unexpected(read.error()));
    if (!ids) {
      ++kept.refused;
      continue;
    }
    auto decoded = tokenizer->decode(*ids);
    if (!decoded) {
      ++kept.failed;
      continue;
    }
    ++kept.files;
    compare(read->score, *decoded, kept);
  }
  end_progress();
  if (kept.files == 0 && kept.failed == 0)
    return fail(ErrorCode::kInvalidArgument, "none of the files could be read");
  const auto share = [&](std::size_t part) {
    return kept.notes == 0 ? Json()
                           : Json(static_cast<double>(part) / static_cast<double>(kept.notes));
  };
  const Json notes = share(kept.found), onsets = share(kept.onsets);
  const Json lengths = share(kept.lengths), durations = share(kept.durations);
  if (options.json) {
    say_json({{"tokenizer", to_json(options.config)},
              {"files", kept.files},
              {"refused_files", kept.refused},
              {"failed_files", kept.failed},
              {"notes", kept.notes},
              {"notes_kept", notes},
              {"onsets_exact", onsets},
              {"durations_near", lengths},
              {"durations_exact", durations}});
  } else {
    const auto percent = [](const Json& x) {
      return x.is_null() ? std::string("-") : fixed(100 * x.get<double>(), 2) + " %";
    };
    say("| files | refused | notes | notes kept | onsets exact | durations near | durations exact "
        "|");
    say("|---|---|---|---|---|---|---|");
    say("| " + grouped(static_cast<long long>(kept.files)) + " | " + std::to_string(kept.refused) +
        " | " + grouped(static_cast<long long>(kept.notes)) + " | " + percent(notes) + " | " +
        percent(onsets) + " | " + percent(lengths) + " | " + percent(durations) + " |");
  }
  if (kept.failed > 0)
    return fail(ErrorCode::kMalformed,
                std::to_string(kept.failed) + " files did not decode again; please report it");
  return {};
}

}  // namespace

void add_eval(Cli& cli) {
  CLI::App* eval = cli.app.add_subcommand("eval", "Measure a model or a tokenizer on music files");
  eval->require_subcommand(1);

  auto options = std::make_shared<LikelihoodOptions>();
  CLI::App* command = add_command(*eval, cli, "likelihood",
                                  "Nats and bits a note, a token and a second on held-out pieces",
                                  "  sage-music eval likelihood --data held_out_folder --json",
                                  [options] { return eval_likelihood(*options); });
  add_model_options(*command, options->model);
  command->add_option("--data", options->data, "MIDI files or folders")->required();
  command->add_option("--limit", options->limit, "score about so many of the files; 0: all")
      ->check(not_negative());
  command->add_flag("--json", options->json, "as JSON");

  auto trip = std::make_shared<RoundTripOptions>();
  command = add_command(*eval, cli, "roundtrip", "What a tokenizer keeps of music files",
                        "  sage-music eval roundtrip --data folder --layout full --grid 24",
                        [trip] { return eval_round_trip(*trip); });
  command->add_option("--data", trip->data, "MIDI files or folders")->required();
  add_tokenizer_options(*command, trip->config);
  command->add_option("--limit", trip->limit, "take about so many of the files; 0: all")
      ->check(not_negative());
  command->add_flag("--json", trip->json, "as JSON");
}

}  // namespace sage::cli
