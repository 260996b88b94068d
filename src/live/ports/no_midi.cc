// In place of rtmidi.cc where RtMidi is not installed.
#include "live/ports/midi_ports.h"

namespace sage::live {
namespace {

tl::unexpected<Error> not_built_in() {
  return fail(ErrorCode::kUnsupported,
              "this build has no MIDI ports: install librtmidi-dev and build again");
}

}  // namespace

std::vector<MidiPorts> list_midi_ports() { return {}; }

Result<std::unique_ptr<Source>> open_midi_input(const std::string&, const Clock&) {
  return not_built_in();
}

Result<std::unique_ptr<Sink>> open_midi_output(const std::string&) { return not_built_in(); }

}  // namespace sage::live
