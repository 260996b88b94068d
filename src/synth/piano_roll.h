// A score as a picture: one self-contained SVG, for people and for reports.
//
// Pitched notes above, a lane of drums below; a colour for each instrument, opacity for velocity,
// bars and the piece's markers along the top and seconds along the bottom. Readable on light and on
// dark pages.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "score/score.h"

namespace sage {

/// Highlighted notes: those that some instruments start in a range of time.
struct PianoRollMark {
  Tick from, to;
  std::vector<int> programs;  // 0..128, ascending
  bool holds(int program, Tick onset) const;
};

struct PianoRollOptions {
  int width = 1600;   // pixels, at least 400
  int height = 0;     // pixels; 0: as high as the range of pitches asks for
  int first_bar = 1;  // the number of the first bar, of a part of a piece
  /// Shaded, and its notes full while all others are pale, whatever their velocity.
  std::optional<PianoRollMark> mark = {};
};

/// The picture as SVG text (ASCII). Notes too narrow to tell apart are drawn as one, so the size is
/// bounded by what can be seen, not by the number of notes.
std::string piano_roll_svg(const Score& score, const PianoRollOptions& options = {});

}  // namespace sage
