#include "metrics/features.h"

#include <algorithm>
#include <string>

namespace sage {
namespace {

constexpr std::int64_t kHalfBeat = kMetricGrid / 2, kSixteenth = kMetricGrid / 4;

/// Which cell each step lies in, and how many steps each cell has.
struct Cells {
  std::vector<std::size_t> of_step;
  std::vector<double> lengths;

  std::size_t add_bar(std::size_t steps, std::int64_t cell_length) {
    const auto length = static_cast<std::size_t>(cell_length);
    for (std::size_t step = 0; step < steps; ++step) {
      if (step % length == 0) lengths.push_back(0);
      of_step.push_back(lengths.size() - 1);
      lengths.back() += 1;
    }
    return (steps + length - 1) / length;
  }
};

}  // namespace

Result<Features> features_of(const Piece& piece) {
  const std::int64_t end = piece.end().count;
  if (static_cast<std::size_t>(end / kHalfBeat) + piece.bars.size() > kMaxHalfBeats)
    return fail(ErrorCode::kLimit, "the piece is too long to compare bar by bar; take part of it");
  Features out;
  Cells halves, sixteenths;
  for (const Bar& bar : piece.bars) {
    const auto steps = static_cast<std::size_t>(bar.length.count);
    Features::BarCells cells{halves.of_step.size(),     steps, halves.lengths.size(), 0,
                             sixteenths.lengths.size(), 0};
    cells.halves = halves.add_bar(steps, kHalfBeat);
    cells.sixteenths = sixteenths.add_bar(steps, kSixteenth);
    out.bars.push_back(cells);
  }
  out.onset_chroma.resize(out.bars.size());
  out.onsets.resize(static_cast<std::size_t>(end));
  out.sounding_chroma.resize(halves.lengths.size());
  out.sounding.resize(sixteenths.lengths.size());

  // A note fills the cells between its first and its last; these are summed up at the end.
  std::vector<Chroma> full(out.sounding_chroma.size() + 1);
  std::vector<double> starts(out.sounding.size() + 1);
  for (const Track& track : piece.score.tracks) {
    for (const Note& note : track.notes) {
      if (note.onset.count >= end || note.duration.count < 1) continue;
      const auto first = static_cast<std::size_t>(note.onset.count);
      const auto last =
          static_cast<std::size_t>(std::min((note.onset + note.duration).count, end) - 1);
      out.onsets[first] += 1;
      starts[sixteenths.of_step[first]] += 1;
      starts[sixteenths.of_step[last] + 1] -= 1;
      if (track.is_drum) continue;
      const std::size_t chroma = note.pitch % 12;
      const auto bar =
          std::upper_bound(out.bars.begin(), out.bars.end(), first,
                           [](std::size_t s, const Features::BarCells& b) { return s < b.step; });
      out.onset_chroma[static_cast<std::size_t>(bar - out.bars.begin()) - 1][chroma] += 1;
      const std::size_t a = halves.of_step[first], b = halves.of_step[last];
      full[a][chroma] += 1;
      full[b + 1][chroma] -= 1;
      // Less what lies before the note in its first cell, and behind it in its last.
      std::size_t before = first, after = last;
      while (before > 0 && halves.of_step[before - 1] == a) --before;
      while (after + 1 < halves.of_step.size() && halves.of_step[after + 1] == b) ++after;
      out.sounding_chroma[a][chroma] -= static_cast<double>(first - before);
      out.sounding_chroma[b][chroma] -= static_cast<double>(after - last);
    }
  }
  Chroma level = {};
  for (std::size_t cell = 0; cell < out.sounding_chroma.size(); ++cell)
    for (std::size_t k = 0; k < level.size(); ++k)
      out.sounding_chroma[cell][k] += (level[k] += full[cell][k]) * halves.lengths[cell];
  double sounding = 0;
  for (std::size_t cell = 0; cell < out.sounding.size(); ++cell)
    out.sounding[cell] = sounding += starts[cell];
  return out;
}

}  // namespace sage
