// A note of a stream, and where it comes from.
#pragma once

#include <cstdint>

#include "score/score.h"

namespace sage {

/// Where a note of a stream comes from.
enum class NoteSource : std::uint8_t { kGiven, kWritten, kGuessed };

struct StreamNote {
  NoteSource source = NoteSource::kGiven;
  int program = 0;
  Note note;  // in grid ticks from the start of the stream
};

}  // namespace sage
