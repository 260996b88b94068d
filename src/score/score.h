// A piece of music as plain values. Knows nothing of files, tokens or sound.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "score/time.h"

namespace sage {

/// Program numbers 0-127 are General MIDI instruments; kDrumProgram stands for any drum kit.
inline constexpr int kDrumProgram = 128;
inline constexpr int kProgramCount = 129;

inline constexpr std::uint8_t kDefaultVelocity = 80;
inline constexpr std::uint32_t kDefaultTempo = 500'000;  // microseconds a quarter note: 120 bpm

struct Note {
  Tick onset;
  Tick duration;  // may be zero in a score read from a file
  std::uint8_t pitch = 60;
  std::uint8_t velocity = kDefaultVelocity;

  friend bool operator==(const Note&, const Note&) = default;
  /// By onset, then pitch: the order of notes in a track.
  friend constexpr auto operator<=>(const Note& a, const Note& b) {
    return std::tie(a.onset, a.pitch, a.duration, a.velocity) <=>
           std::tie(b.onset, b.pitch, b.duration, b.velocity);
  }
};

struct Control {
  Tick time;
  std::uint8_t number = 0;
  std::uint8_t value = 0;
  friend auto operator<=>(const Control&, const Control&) = default;
};

struct PitchBend {
  Tick time;
  std::int16_t value = 0;  // -8192..8191
  friend auto operator<=>(const PitchBend&, const PitchBend&) = default;
};

/// Pressure on one key, or on the whole channel when pitch is kWholeChannel.
struct Pressure {
  static constexpr std::uint8_t kWholeChannel = 255;
  Tick time;
  std::uint8_t pitch = kWholeChannel;
  std::uint8_t value = 0;
  friend auto operator<=>(const Pressure&, const Pressure&) = default;
};

/// One instrument's part.
struct Track {
  std::string name;
  std::uint8_t program = 0;  // 0-127; the kit number when is_drum
  bool is_drum = false;
  std::vector<Note> notes;  // sorted, in every score that a reader returns
  std::vector<Control> controls;
  std::vector<PitchBend> bends;
  std::vector<Pressure> pressures;
  friend bool operator==(const Track&, const Track&) = default;

  /// The program as the token layer sees it: 0-127, or kDrumProgram.
  int program_or_drum() const { return is_drum ? kDrumProgram : program; }
};

struct TempoChange {
  Tick time;
  std::uint32_t us_per_quarter = kDefaultTempo;
  friend auto operator<=>(const TempoChange&, const TempoChange&) = default;
};

struct Meter {
  std::uint8_t numerator = 4;
  std::uint8_t denominator = 4;  // a power of two, 1..128
  friend auto operator<=>(const Meter&, const Meter&) = default;
};

struct MeterChange {
  Tick time;
  Meter meter;
  friend auto operator<=>(const MeterChange&, const MeterChange&) = default;
};

struct KeySignature {
  Tick time;
  std::int8_t sharps = 0;  // -7 (flats) .. 7
  bool minor = false;
  friend auto operator<=>(const KeySignature&, const KeySignature&) = default;
};

/// A text meta event that belongs to the piece: lyrics, markers, copyright and so on.
struct Text {
  Tick time;
  std::uint8_t type =
      1;  // Standard MIDI File meta type: 1 text, 2 copyright, 5 lyric, 6 marker, 7 cue
  std::string text;
  friend auto operator<=>(const Text&, const Text&) = default;
};

struct Score {
  int ticks_per_quarter = 480;
  std::vector<Track> tracks;
  std::vector<TempoChange> tempos;  // sorted by time; empty means 120 bpm throughout
  std::vector<MeterChange> meters;  // sorted by time; empty means 4/4 throughout
  std::vector<KeySignature> keys;
  std::vector<Text> texts;
  friend bool operator==(const Score&, const Score&) = default;
};

}  // namespace sage
