#include "eval/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/random.h"
#include "score/timeline.h"
#include "score/transform.h"

namespace sage {
namespace {

constexpr int kSnare = 38;

/// The track of another piece that stands for a program: the same one, else the busiest of those
/// left; drums for drums only.
Track* stand_in(std::vector<Track>& tracks, std::vector<bool>& used, int program,
                const std::vector<int>& wanted) {
  std::size_t best = tracks.size();
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const int own = tracks[i].program_or_drum();
    if (used[i] || tracks[i].notes.empty()) continue;
    if (own == program) {
      best = i;
      break;
    }
    if (tracks[i].is_drum || program == kDrumProgram ||
        std::find(wanted.begin(), wanted.end(), own) != wanted.end())
      continue;
    if (best == tracks.size() || tracks[i].notes.size() > tracks[best].notes.size()) best = i;
  }
  if (best == tracks.size()) return nullptr;
  used[best] = true;
  return &tracks[best];
}

/// What another piece has in the hole's place.
Piece counterpart(const Piece& other, const PieceHole& hole) {
  const std::size_t first =
      other.bars.size() > hole.bars ? std::min(hole.first_bar, other.bars.size() - hole.bars) : 0;
  Piece part = bars_between(other, first, hole.bars);
  if (hole.kind == HoleKind::kBars) return part;
  std::vector<Track> tracks;
  std::vector<bool> used(part.score.tracks.size());
  for (const int program : hole.programs) {
    Track* from = stand_in(part.score.tracks, used, program, hole.programs);
    if (from == nullptr) continue;
    from->is_drum = program == kDrumProgram;
    from->program = static_cast<std::uint8_t>(from->is_drum ? 0 : program);
    tracks.push_back(std::move(*from));
  }
  part.score.tracks = std::move(tracks);
  return part;
}

std::optional<Piece> random_counterpart(const PieceHole& hole, const NextReference& next) {
  while (const auto other = next()) {
    Piece part = counterpart(other->whole, hole);
    if (note_count(part.score) > 0) return part;
  }
  return std::nullopt;
}

Piece before_hole(const Reference& reference) {
  const PieceHole& hole = *reference.hole;
  const std::size_t bars = std::min(hole.bars, hole.first_bar);
  const Piece before = bars_between(reference.whole, hole.first_bar - bars, bars);
  return in_hole(repeated_prompt(before, bars, hole.bars),
                 {hole.kind, 0, hole.bars, hole.programs, {}});
}

/// The given part in the window.
Piece given_part(const Reference& reference) {
  const PieceHole& hole = *reference.hole;
  return in_hole(reference.whole,
                 {hole.kind, hole.first_bar, hole.bars, {hole.given.value_or(0)}, {}});
}

std::array<double, 12> pitch_classes(const Piece& piece) {
  std::array<double, 12> counts = {};
  for (const Track& track : piece.score.tracks)
    if (!track.is_drum)
      for (const Note& note : track.notes) counts[note.pitch % 12] += 1;
  return counts;
}

/// Moved to where its pitch classes agree most with the given part's.
Piece fitted(Piece part, const Piece& given) {
  const auto own = pitch_classes(part), wanted = pitch_classes(given);
  int best = 0;
  double most = -1;
  for (int shift = -5; shift <= 6; ++shift) {
    double agreement = 0;  // the lengths of both vectors are the same for every shift
    for (std::size_t k = 0; k < 12; ++k)
      agreement += own[k] * wanted[(k + 12 + static_cast<std::size_t>(shift + 12)) % 12];
    if (agreement > most || (agreement == most && std::abs(shift) < std::abs(best)))
      most = agreement, best = shift;
  }
  transpose(part.score, best);
  return part;
}

Piece doubled(const PieceHole& hole, const Piece& given) {
  Piece part = given;
  const std::vector<Note> notes = given.score.tracks.front().notes;
  part.score.tracks.clear();
  for (const int program : hole.programs) {
    Track& track = part.score.tracks.emplace_back();
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    track.notes = notes;
    if (!track.is_drum) continue;
    for (Note& note : track.notes) note.pitch = kSnare;
    const auto same = [](const Note& a, const Note& b) { return a.onset == b.onset; };
    track.notes.erase(std::unique(track.notes.begin(), track.notes.end(), same), track.notes.end());
  }
  return part;
}

}  // namespace

std::vector<CalibrationRow> calibration_rows(std::optional<HoleTask> holes) {
  if (!holes)
    return {{"random other piece", "the same bars of a random other piece"},
            {"prompt repeated", "the prompt, or the first four bars, again and again"},
            {"prompt shuffled", "bars of the prompt, or of the first four, drawn at random"}};
  if (*holes == HoleTask::kInfill)
    return {{"random other piece", "the same bars of a random other piece"},
            {"bars before", "the bars before the hole, of the same instruments"}};
  return {{"random other piece", "what other instruments play in the same bars of a random piece"},
          {"the same in key", "that, transposed to the pitch classes of the given part"},
          {"given part doubled", "the given part, played by every instrument"}};
}

std::vector<std::optional<Piece>> calibrations(const Reference& reference, const Scope& scope,
                                               const NextReference& next, std::uint64_t seed) {
  if (!reference.hole) {
    std::vector<std::optional<Piece>> parts;
    for (auto& row : continuation_calibrations(reference, scope, next, 1, seed))
      parts.push_back(row.empty() ? std::nullopt : std::optional(std::move(row.front())));
    return parts;
  }
  const PieceHole& hole = *reference.hole;
  std::optional<Piece> random = random_counterpart(hole, next);
  if (!hole.given) {
    std::optional<Piece> before;
    if (hole.first_bar > 0) before = before_hole(reference);
    return {std::move(random), std::move(before)};
  }
  const Piece given = given_part(reference);
  std::optional<Piece> in_key;
  if (random) in_key = fitted(*random, given);
  return {std::move(random), std::move(in_key), doubled(hole, given)};
}

std::vector<std::vector<Piece>> continuation_calibrations(const Reference& reference,
                                                          const Scope& scope,
                                                          const NextReference& next,
                                                          std::size_t takes, std::uint64_t seed) {
  const std::size_t bars = reference.part.bars.size();
  const std::size_t prompt = scope.skip > 0 ? scope.skip : kRepeatedBars;
  std::vector<std::vector<Piece>> rows(3);
  for (std::size_t take = 0; take < takes; ++take) {
    if (const auto other = next()) rows[0].push_back(bars_between(other->whole, scope.skip, bars));
    rows[1].push_back(repeated_prompt(reference.whole, prompt, bars));
    rows[2].push_back(shuffled_prompt(reference.whole, prompt, bars, seed + take));
  }
  return rows;
}

Piece shuffled_prompt(const Piece& whole, std::size_t prompt, std::size_t bars,
                      std::uint64_t seed) {
  Random random(seed);
  const std::size_t count = std::min(prompt, whole.bars.size());
  std::vector<Piece> from;
  for (std::size_t bar = 0; bar < count; ++bar) from.push_back(bars_between(whole, bar, 1));
  Piece out = from.front();
  for (Track& track : out.score.tracks) track.notes.clear();
  out.bars.clear();
  Tick start;
  for (std::size_t bar = 0; bar < bars; ++bar) {
    const Piece& drawn = from[random.below(static_cast<std::uint32_t>(count))];
    out.bars.push_back({start, drawn.bars.front().length, drawn.bars.front().meter});
    for (std::size_t t = 0; t < out.score.tracks.size(); ++t)
      for (Note note : drawn.score.tracks[t].notes) {
        note.onset += start;
        out.score.tracks[t].notes.push_back(note);
      }
    start += drawn.bars.front().length;
  }
  return out;
}

Piece repeated_prompt(const Piece& whole, std::size_t prompt, std::size_t bars) {
  const Piece from = bars_between(whole, 0, prompt);
  Piece out;
  out.measure = whole.measure;
  out.score.ticks_per_quarter = whole.score.ticks_per_quarter;
  out.score.tracks = from.score.tracks;
  for (Track& track : out.score.tracks) track.notes.clear();
  const Tick length = from.end();
  for (std::size_t bar = 0; bar < bars; ++bar) {
    Bar copy = from.bars[bar % from.bars.size()];
    copy.start += length * static_cast<std::int64_t>(bar / from.bars.size());
    out.bars.push_back(copy);
  }
  for (std::size_t t = 0; t < out.score.tracks.size(); ++t) {
    for (Tick start; start < out.end(); start += length) {
      for (Note note : from.score.tracks[t].notes) {
        note.onset += start;
        if (note.onset >= out.end()) continue;
        note.duration = std::min(note.duration, out.end() - note.onset);
        out.score.tracks[t].notes.push_back(note);
      }
    }
  }
  return out;
}

}  // namespace sage
