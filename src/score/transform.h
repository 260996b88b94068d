// Pure edits of a score.
#pragma once

#include "score/score.h"

namespace sage {

/// Sorts everything: notes by (onset, pitch, duration, velocity), events by time with the order at
/// one tick kept. Of several tempo, meter or key changes at one tick the last one stays.
void normalise(Score& score);

/// Moves every pitched note by `semitones`. Notes that would leave 0..127 move back by octaves.
void transpose(Score& score, int semitones);

/// The part of the score in [begin, end), moved to tick 0: notes that start there (cut at `end` if
/// `cut_notes`), and the tempo, meter and key in force.
Score slice(const Score& score, Tick begin, Tick end, bool cut_notes = false);

}  // namespace sage
