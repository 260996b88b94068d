// Bars that were written after a prompt, or from nothing, as plain data: what a file is made of.
#pragma once

#include <optional>

#include "generate/compose.h"
#include "score/score.h"

namespace sage {

struct NewBars {
  std::optional<Prompt> prompt;  // what they continue
  /// The new music alone, in grid ticks from the start of the piece; tempos and meters where they
  /// change.
  Score music;
  Tick from, to;  // grid ticks
};

}  // namespace sage
