// What a synthesiser has to do, and when: a score flattened into channel events on sample frames.
// Knows nothing of FluidSynth or files.
#pragma once

#include <cstdint>
#include <vector>

#include "midi/document.h"
#include "score/score.h"

namespace sage {

struct SynthEvent {
  // In the order in which events of one frame must happen.
  enum class Kind : std::uint8_t {
    kNoteOff,
    kInstrument,
    kControl,
    kBend,
    kChannelPressure,
    kKeyPressure,
    kNoteOn,
  };
  std::int64_t frame = 0;  // sample frames from the start
  Kind kind = Kind::kNoteOn;
  std::uint16_t channel = 0;  // index into SynthSchedule::channels
  std::uint8_t key = 0;       // pitch, the control's number, or a program
  std::int16_t value = 0;     // velocity, control value, pressure, bend -8192..8191, or a program's
                              // bank: kDrumBank for a drum kit
  friend bool operator==(const SynthEvent&, const SynthEvent&) = default;
};

struct SynthChannel {
  std::uint8_t program = 0;
  bool is_drum = false;
};

struct SynthSchedule {
  std::vector<SynthChannel> channels;  // at most kMaxSynthChannels
  std::vector<SynthEvent> events;      // in the order in which they happen
  std::int64_t end = 0;                // the frame at which the last note ends
};

inline constexpr std::size_t kMaxSynthChannels = 256;
inline constexpr std::int16_t kDrumBank = 128;

/// A channel for every track with notes; beyond kMaxSynthChannels, tracks of one program share one.
/// Of notes that overlap on one channel and pitch, only the last to end is released, because
/// restarting a note already releases the one before. Bank selects and channel modes are left
/// out: a track has one program. So is whatever follows the last note.
SynthSchedule schedule_of(const Score& score, int sample_rate);

/// What a player does with a MIDI file: its events in their order, through the channels of its
/// ports, each with the instruments that it has when. Whatever follows the last note is left out.
SynthSchedule schedule_of(const midi::Document& document, int sample_rate);

}  // namespace sage
