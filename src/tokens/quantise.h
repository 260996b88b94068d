// The nearest score that tokens can say: on the grid, bars of known meters, binned tempo and
// length.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "score/timeline.h"
#include "tokens/vocabulary.h"

namespace sage {

/// A canonical score in grid ticks (ticks_per_quarter = grid) and its bars. One track a program,
/// drums last; notes sorted, at most one of a pitch at a position; tempo and meter change at bar
/// lines only.
struct Quantised {
  Score score;
  std::vector<Bar> bars;              // up to the bar of the last onset; empty for no notes
  std::vector<std::string> warnings;  // what could not be kept exactly, one line each
};

/// `max_bars`: a piece with more is refused (kLimit), so that hostile files cost little.
Result<Quantised> quantise(const Score& score, const Vocabulary& vocabulary,
                           std::size_t max_bars = 20'000);

}  // namespace sage
