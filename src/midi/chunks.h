// Takes a Standard MIDI File apart: header, chunks, events. Internal to midi; reader.h states the
// rules.
#pragma once

#include "base/error.h"
#include "midi/bytes.h"
#include "midi/event.h"
#include "midi/midi_read.h"

namespace sage::midi {

/// Errors as read_midi.
Result<EventFile> read_events(Bytes bytes, const MidiLimits& limits, MidiWarnings& warnings);

}  // namespace sage::midi
