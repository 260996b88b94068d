// The seam between a person's music and the model's: cutting a prompt, and joining what was
// generated to it.
#pragma once

#include "base/error.h"
#include "score/score.h"
#include "tokens/tokenizer.h"

namespace sage {

/// The first bars of a piece: as they were, and as tokens can say them.
struct Prompt {
  Score score;      // the part of the original before `end`; the timing is the original's
  Quantised piece;  // the same on the grid, with bars up to the end and no further
  Meter meter;      // in force at the end
  Tick end;         // in ticks of `score`
};

/// Cuts the first `bars` bars, counted in the meters of the file (a shorter piece is taken whole).
/// Refuses a piece without notes and one whose first bars hold none.
Result<Prompt> cut_prompt(const Score& score, int bars, const Tokenizer& tokenizer);

/// `generated` (in grid ticks from the start of the piece) after the prompt: notes go to the
/// prompt's track of the same program, or to a new one; meter and tempo changes only where they
/// change something.
Score join(const Prompt& prompt, const Score& generated);

}  // namespace sage
