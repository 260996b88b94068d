// New notes of a document played: given loudness and timing among the notes that stay.
#pragma once

#include <functional>

#include "base/error.h"
#include "midi/edit.h"
#include "score/score.h"

namespace sage {

/// Plays the notes of `score` that `kept` lacks, from tick `from` on; changes no others.
using PlayNotes = std::function<Result<void>(Score& score, const Score& kept, Tick from)>;

/// Has the new notes played. `kept` is the document's score without the notes that go.
Result<void> play_new_notes(const PlayNotes& play, const Score& kept, Tick from,
                            midi::NewMusic& music);

}  // namespace sage
