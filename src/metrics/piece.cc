#include "metrics/piece.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "score/transform.h"

namespace sage {
namespace {

/// A whole bar of the meter whose bars last longest together, whether or not one is complete.
Tick longest_measure(const Piece& piece) {
  std::map<Meter, Tick> time;
  for (const Bar& bar : piece.bars) time[bar.meter] += bar.length;
  const auto most = std::max_element(
      time.begin(), time.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const Meter meter = most->first;
  const auto denominator = std::max<std::int64_t>(meter.denominator, 1);
  return {std::max<std::int64_t>(
      1, rescale(std::int64_t{4} * meter.numerator, denominator, piece.score.ticks_per_quarter))};
}

/// Keeps the longest of equal notes. The notes are sorted.
void drop_doubles(std::vector<Note>& notes) {
  const auto same = [](const Note& a, const Note& b) {
    return a.onset == b.onset && a.pitch == b.pitch;
  };
  std::size_t kept = 0;
  for (const Note& note : notes) {
    if (kept > 0 && same(notes[kept - 1], note))
      notes[kept - 1] = note;  // sorted by duration: the later one is as long or longer
    else
      notes[kept++] = note;
  }
  notes.resize(kept);
}

}  // namespace

Result<Piece> piece_of(Score score) {
  normalise(score);
  auto bars = bars_of(score, end_of(score));
  if (!bars) return tl::unexpected(bars.error());
  Piece piece{std::move(score), *std::move(bars), {}};
  piece.measure = longest_measure(piece);
  return piece;
}

Result<Piece> on_grid(const Score& score, int grid) {
  const auto step = [&](Tick t) {
    return Tick{rescale(t.count, std::max(score.ticks_per_quarter, 1), grid)};
  };
  Score out;
  out.ticks_per_quarter = grid;
  std::map<int, Track>
      tracks;  // by program: a metric hears an ensemble, however it is written down
  for (const Track& track : score.tracks) {
    Track& to = tracks[track.program_or_drum()];
    to.program = track.is_drum ? 0 : track.program;
    to.is_drum = track.is_drum;
    for (Note note : track.notes) {
      const Tick end = std::max(step(note.onset + note.duration), step(note.onset) + Tick{1});
      note.onset = step(note.onset);
      note.duration = end - note.onset;
      to.notes.push_back(note);
    }
  }
  for (auto& [program, track] : tracks) {
    std::sort(track.notes.begin(), track.notes.end());
    drop_doubles(track.notes);
    out.tracks.push_back(std::move(track));
  }
  for (MeterChange change : score.meters) out.meters.push_back({step(change.time), change.meter});
  for (TempoChange change : score.tempos)
    out.tempos.push_back({step(change.time), change.us_per_quarter});
  return piece_of(std::move(out));
}

Piece bars_between(const Piece& piece, std::size_t first, std::size_t count) {
  const std::size_t begin = std::min(first, piece.bars.size());
  const std::size_t left = piece.bars.size() - begin;
  const std::size_t taken = count == 0 ? left : std::min(count, left);
  Piece part;
  part.measure = piece.measure;
  if (taken == 0) {
    part.score.ticks_per_quarter = piece.score.ticks_per_quarter;
    part.bars = {{Tick{0}, piece.measure, {}}};
    return part;
  }
  const Tick from = piece.bars[begin].start, to = piece.bars[begin + taken - 1].end();
  part.score = slice(piece.score, from, to, true);
  part.bars.assign(piece.bars.begin() + static_cast<std::ptrdiff_t>(begin),
                   piece.bars.begin() + static_cast<std::ptrdiff_t>(begin + taken));
  for (Bar& bar : part.bars) bar.start = bar.start - from;
  return part;
}

}  // namespace sage
