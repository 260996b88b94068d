// Where a session hears and sounds on this machine: ports by name, or what there is.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "live/port.h"
#include "live/ports/typed_keys.h"

namespace sage::cli {

struct JamDevices {
  std::unique_ptr<live::Source> source;  // null where a file plays
  std::unique_ptr<live::Sink> sink;
  live::TypedKeys* typed = nullptr;  // the source, where it is the computer's keyboard
  bool own_sound = false;            // the person is heard through us
  bool cable = false;                // the output is a MIDI cable
  double delay_ms = 0;               // of the output
  std::string description;           // a line for the person
};

struct DeviceChoice {
  std::string port;  // part of a MIDI port's name; "virtual": our own, for others to connect to;
                     // "loopback": none; empty: what there is
  std::string sound_font;
  bool simulated = false;  // a file plays the person
};

/// Looking for a sound output must not start one: JACK's library would.
void start_no_servers();

/// Errors: a port that there is not; nothing to play on.
Result<JamDevices> open_devices(const DeviceChoice& choice, const live::Clock& clock);

}  // namespace sage::cli
