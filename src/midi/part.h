// A part of a MIDI file: the unit that people name. Plain values.
#pragma once

#include <cstdint>
#include <limits>

namespace sage::midi {

/// What a channel plays: a program of a bank, or a drum kit.
struct Instrument {
  std::uint8_t program = 0;
  std::uint8_t bank_high = 0;  // controllers 0 and 32, as they stood at the program change
  std::uint8_t bank_low = 0;
  bool is_drum = false;
  friend bool operator==(const Instrument&, const Instrument&) = default;
};

/// Where a track of a score comes from: one MTrk chunk, port, channel and instrument.
struct Part {
  std::uint32_t track = 0;  // index among the MTrk chunks
  std::uint8_t port = 0;
  std::uint8_t channel = 0;
  Instrument instrument;
  friend bool operator==(const Part&, const Part&) = default;
};

/// The two events of a note, as indices into its chunk's events.
struct NoteEvents {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t on = kNone;
  std::uint32_t off = kNone;  // none: another message or the end of the track ends it
};

}  // namespace sage::midi
