// The seam between a person's music and the model's: cutting a prompt, and joining what was
// generated to it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "score/timeline.h"
#include "tokens/tokenizer.h"

namespace sage {

/// The first bars of a piece: as they were, and as tokens can say them.
struct Prompt {
  Score score;  // the part of the original before `end`, in the original's timing; controls at rest
                // at `end`
  Quantised piece;      // the same on the grid, with bars up to `end` exactly
  Tick end;             // in ticks of `score`
  Meter file_meter;     // in force at the end, in the file
  Meter meter;          // of the bars behind the end: that one, where tokens can say it
  Meter listed;         // what tokens write for it
  int listed_bars = 1;  // how many of `listed` make one bar of `meter`
  bool whole = false;   // nothing of the piece lies behind the end
  bool restate =
      false;  // the file must say a meter at `end`, for its bar lines to go on from there
};

/// The bars up to the last note, and behind it those that are complete before `end`: the silent
/// ones at the end of a file. Where these are out of all proportion, up to the last note.
Result<std::vector<Bar>> bars_up_to(const Score& score, Tick end);

/// Cuts the first `bars` bars, counted in the meters of the file (a shorter piece is taken whole).
/// The piece lasts up to `end` where that lies behind its last note and bars are complete there.
/// Tempo, meter and key exactly on the cut are part of it, and count for what follows; notes a
/// little ahead of the cut, which round to it on the grid, are not. Refuses what validate()
/// refuses, a piece without notes and one whose first bars hold none.
Result<Prompt> cut_prompt(const Score& score, int bars, const Tokenizer& tokenizer, Tick end = {});

/// `generated` (in grid ticks from the start of the piece) after the prompt: notes go to the
/// prompt's track of the same program, or to a new one; meter and tempo changes only where they
/// change something. The prompt's notes stay as they are, also for a reader that pairs notes first
/// in, first out (see untangle).
Score join(const Prompt& prompt, const Score& generated);

/// The score's first track of the program that `like` has, or a new one.
Track& track_for(Score& score, const Track& like);

/// Makes a track's notes from index `first` on last at least as long as any earlier note of their
/// pitch that still sounds. A MIDI file cannot say otherwise on one channel: its note-offs end the
/// oldest note first.
void untangle(std::vector<Note>& notes, std::size_t first);

}  // namespace sage
