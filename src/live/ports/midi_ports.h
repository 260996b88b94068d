// MIDI ports of this machine: hardware, other programs, and virtual ones of our own. ALSA, JACK and
// whatever else RtMidi was built with; nothing where this build has no RtMidi.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "live/clock.h"
#include "live/port.h"

namespace sage::live {

struct MidiPorts {
  std::string system;  // "ALSA", "JACK", ...
  std::vector<std::string> inputs, outputs;
  std::string problem;  // why there is none; empty: it works
};

/// Every MIDI system of this build with its ports.
std::vector<MidiPorts> list_midi_ports();

/// A port that others can connect to where `name` is empty, else the first one with `name` in its
/// name, of any system. Errors: no such port (the message lists those that there are), no MIDI at
/// all.
Result<std::unique_ptr<Source>> open_midi_input(const std::string& name, const Clock& clock);
Result<std::unique_ptr<Sink>> open_midi_output(const std::string& name);

}  // namespace sage::live
