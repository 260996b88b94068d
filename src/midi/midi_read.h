// What reading a MIDI file gives: a score, where its tracks come from, and warnings; and the limits
// of reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "midi/part.h"
#include "score/score.h"

namespace sage {

struct MidiLimits {
  std::size_t max_bytes = std::size_t{64} << 20;
  std::size_t max_notes = 4'000'000;
  std::size_t max_texts = 1'000'000;
  std::size_t max_events = 16'000'000;
  std::int64_t max_tick = (std::int64_t{1} << 36) - 1;  // a track that runs past it is cut there
};

/// One line on something odd; `offset` counts bytes from the start of the file.
struct MidiWarning {
  std::size_t offset;
  std::string message;
  friend bool operator==(const MidiWarning&, const MidiWarning&) = default;
};

struct MidiWarnings {
  std::vector<MidiWarning> warnings;  // the first kMaxWarnings of them
  std::size_t warning_count = 0;      // of them all

  static constexpr std::size_t kMaxWarnings = 64;
  /// Constructs the message only when there is room for it.
  void warn(std::size_t offset, const char* message) {
    if (warning_count++ < kMaxWarnings) warnings.push_back({offset, message});
  }
};

struct MidiRead : MidiWarnings {
  Score score;
  std::vector<midi::Part> parts;  // where each of the score's tracks comes from
  Tick end;                       // of the track that ends last; the notes may end before
  int format = 1;                 // as the header says: 0, 1, 2 or nonsense
  std::size_t track_chunks = 0;   // MTrk chunks found, whatever the header says
};

}  // namespace sage
