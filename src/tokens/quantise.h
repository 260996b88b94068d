// The nearest score that tokens can represent: on the grid, bars of known meters, binned tempo and
// length.
#pragma once

#include <optional>
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

struct QuantiseOptions {
  std::size_t max_bars =
      20'000;  // a piece with more is refused (kLimit): hostile files cost little
  /// In ticks of the score, for a part of a piece: bars reach exactly so far (to the nearest
  /// sixteenth), over rests too, and a note that would round beyond takes the last step. Unset: up
  /// to the last onset.
  std::optional<Tick> end;
};

Result<Quantised> quantise(const Score& score, const Vocabulary& vocabulary,
                           const QuantiseOptions& options = {});

/// The bars that tokens write for one bar of a meter: itself where the vocabulary has it, else
/// listed ones, cut at quarter notes, of the same length to the nearest sixteenth.
std::vector<Meter> listed_meters(Meter meter, const Vocabulary& vocabulary);

}  // namespace sage
