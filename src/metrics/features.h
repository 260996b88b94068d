// What the comparison of two pieces bar by bar is made from: onsets, chroma and density of a piece
// on the grid, counted once a piece and compared as often as need be.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/error.h"
#include "metrics/piece.h"

namespace sage {

using Chroma = std::array<double, 12>;

/// Counts of a piece by bar, by half beat (an eighth) and by sixteenth. Cells begin anew with every
/// bar; the last of a bar may be shorter.
struct Features {
  struct BarCells {  // half-open ranges into the vectors below
    std::size_t step, steps;
    std::size_t half, halves;
    std::size_t sixteenth, sixteenths;
  };
  std::vector<BarCells> bars;
  std::vector<Chroma> onset_chroma;     // a bar: onsets of pitched notes by pitch class
  std::vector<double> onsets;           // a step: onsets of all notes
  std::vector<Chroma> sounding_chroma;  // a half beat: steps that pitched notes sound, by class
  std::vector<double> sounding;         // a sixteenth: all notes that sound in it
};

/// The largest piece that features_of takes, in half beats: 5,000 bars of 4/4.
inline constexpr std::size_t kMaxHalfBeats = 40'000;

/// Precondition: the piece is on the grid (on_grid). Errors: kLimit.
Result<Features> features_of(const Piece& piece);

}  // namespace sage
