// A score as one list of notes, for programs that know no tracks.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "score/score.h"

namespace sage {

struct ListedNote {
  int program = 0;  // 0..128
  Note note;
};

/// All notes by onset; those of one onset by program, then pitch.
std::vector<ListedNote> note_list(const Score& score);

/// One track a program, drums last. Errors: a value out of range, with the number of the note.
Result<Score> score_of_notes(std::span<const ListedNote> notes, int ticks_per_quarter, double bpm);

}  // namespace sage
