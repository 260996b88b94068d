// sage-music eval roundtrip: what a tokenizer keeps of music files.
#include <cmath>
#include <map>
#include <memory>

#include "apps/eval/commands.h"
#include "apps/shared/files.h"
#include "apps/shared/report_outputs.h"
#include "apps/shared/tokenizer_options.h"
#include "midi/reader.h"

namespace sage::cli {
namespace {

struct RoundTripOptions {
  std::vector<std::string> data;
  TokenizerChoice tokenizer;
  int limit = 0;
  bool json = false;
};

struct Kept {
  std::size_t files = 0, refused = 0;
  std::size_t failed = 0;  // files whose tokens do not decode to exactly what was encoded
  std::size_t tokens = 0;
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
  auto tokenizer = make_tokenizer(options.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  auto files = midi_files(options.data);
  if (!files) return tl::unexpected(files.error());
  install_stop_handler();
  const auto chosen = thin(*std::move(files), options.limit);
  Kept kept;
  PieceProgress progress("read", options.json);
  std::size_t done = 0;
  for (const auto& path : chosen) {
    if (!progress(done++, chosen.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    auto read = read_midi_file(path);
    auto piece =
        read ? tokenizer->quantise(read->score) : Result<Quantised>(tl::unexpected(read.error()));
    if (!piece) {
      ++kept.refused;
      continue;
    }
    const auto ids = tokenizer->merge(tokenizer->write(*piece));
    const auto decoded = tokenizer->decode(ids);
    if (!decoded || *decoded != piece->score) {
      note(path.string() + (decoded ? ": decoded to something else"
                                    : ": did not decode: " + decoded.error().message));
      ++kept.failed;
      continue;
    }
    kept.tokens += ids.size();
    ++kept.files;
    compare(read->score, *decoded, kept);
  }
  end_progress();
  if (kept.files == 0 && kept.failed == 0)
    return fail(ErrorCode::kInvalidArgument, "no file could be read");
  const auto share = [&](std::size_t part) {
    return kept.notes == 0 ? Json()
                           : Json(static_cast<double>(part) / static_cast<double>(kept.notes));
  };
  const Json notes = share(kept.found), onsets = share(kept.onsets);
  const Json lengths = share(kept.lengths), durations = share(kept.durations);
  if (options.json) {
    say_json({{"tokenizer", describe(tokenizer->config())},
              {"files", kept.files},
              {"refused_files", kept.refused},
              {"failed_files", kept.failed},
              {"notes", kept.notes},
              {"tokens", kept.tokens},
              {"notes_kept", notes},
              {"onsets_exact", onsets},
              {"durations_near", lengths},
              {"durations_exact", durations}});
  } else {
    const auto percent = [](const Json& x) {
      return x.is_null() ? std::string("-") : fixed(100 * x.get<double>(), 2) + " %";
    };
    say("| files exact | refused | notes | tokens | notes kept | onsets exact | durations near | "
        "durations exact |");
    say("|---|---|---|---|---|---|---|---|");
    say("| " + grouped(static_cast<long long>(kept.files)) + " | " + std::to_string(kept.refused) +
        " | " + grouped(static_cast<long long>(kept.notes)) + " | " +
        grouped(static_cast<long long>(kept.tokens)) + " | " + percent(notes) + " | " +
        percent(onsets) + " | " + percent(lengths) + " | " + percent(durations) + " |");
  }
  if (kept.failed > 0)
    return fail(ErrorCode::kMalformed,
                std::to_string(kept.failed) +
                    " files did not decode to what was encoded; please report it");
  return {};
}

}  // namespace

void add_eval_round_trip(CLI::App& eval, Cli& cli) {
  auto trip = std::make_shared<RoundTripOptions>();
  CLI::App* command =
      add_command(eval, cli, "roundtrip", "Measure what a tokenizer keeps of MIDI files",
                  "  sage-music eval roundtrip --data folder --layout full --grid 24",
                  [trip] { return eval_round_trip(*trip); });
  command->add_option("--data", trip->data, "MIDI files or folders")->required();
  add_tokenizer_options(*command, trip->tokenizer);
  command->add_option("--limit", trip->limit, "maximum number of files (approximate); 0: all")
      ->check(not_negative());
  command->add_flag("--json", trip->json, "print JSON");
}

}  // namespace sage::cli
