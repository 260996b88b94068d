// What metrics look at: a score on a grid, with its bars. Plain values; knows no files or tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "score/timeline.h"

namespace sage {

/// Grid steps a quarter note: 48 positions in a bar of 4/4.
inline constexpr int kMetricGrid = 12;

/// What whoever wrote a piece was asked for, as far as that is known.
struct Asked {
  std::vector<int> programs;  // 0..128; empty: nothing was said of instruments
  std::size_t bars = 0;       // 0: nothing was said of a length
};

/// A score whose tracks are sorted, with the bars up to its end in its own ticks (steps). Metrics
/// that count time steps count those of `score`, whatever its resolution.
struct Piece {
  Score score;
  std::vector<Bar> bars;  // at least one
  Tick measure;           // a bar of the meter that is in force longest
  Asked asked = {};

  Tick end() const { return bars.back().end(); }
};

/// The score as it is, in its own ticks. Errors: kLimit, as bars_of.
Result<Piece> piece_of(Score score);

/// One track a program, in order. Onsets and ends lie on the nearest of `grid` steps a quarter,
/// notes last at least one step, and of several notes of a program on one step and pitch the
/// longest stays: the same music written down otherwise is the same piece. Errors: kLimit, as
/// bars_of.
Result<Piece> on_grid(const Score& score, int grid = kMetricGrid);

/// Bars [first, first + count) as a piece of their own, in which bar `first` begins at 0: the notes
/// that start there, cut at its end, and all tracks, also those that pause. Fewer bars where the
/// piece ends; count 0: all to the end. No bars left: a piece without tracks and of one bar.
Piece bars_between(const Piece& piece, std::size_t first, std::size_t count);

}  // namespace sage
