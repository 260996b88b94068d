// A file's events as a score. Internal to midi; reader.h states the rules.
#pragma once

#include <vector>

#include "midi/bytes.h"
#include "midi/event.h"
#include "midi/midi_read.h"
#include "midi/part.h"

namespace sage::midi {

/// Fills in the score, its parts and its end, and with `links` the events of each track's notes.
void view_events(const EventFile& file, Bytes bytes, MidiRead& out,
                 std::vector<std::vector<NoteEvents>>* links);

}  // namespace sage::midi
