// A small piece for the tests of sound and picture: piano, bass and drums over a few bars.
#pragma once

#include <utility>
#include <vector>

#include "score/score.h"

namespace sage::test {

inline Track track_of(int program, std::vector<Note> notes = {}) {
  Track track;
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
  track.notes = std::move(notes);
  return track;
}

inline Score small_band(int bars = 4) {
  Score score;
  score.ticks_per_quarter = 480;
  score.tempos = {{Tick{0}, 500'000}, {Tick{1920}, 400'000}};
  score.meters = {{Tick{0}, Meter{4, 4}}};
  Track piano = track_of(0);
  Track bass = track_of(33);
  Track drums = track_of(kDrumProgram);
  constexpr int kRoots[] = {60, 57, 65, 67};
  for (int bar = 0; bar < bars; ++bar) {
    const int root = kRoots[bar % 4];
    const Tick start{1920 * bar};
    for (int beat = 0; beat < 4; ++beat) {
      const Tick at = start + Tick{480} * beat;
      for (const int interval : {0, 4, 7})
        piano.notes.push_back({at, Tick{400}, static_cast<std::uint8_t>(root + interval),
                               static_cast<std::uint8_t>(50 + 20 * beat)});
      bass.notes.push_back({at, Tick{240}, static_cast<std::uint8_t>(root - 24), 100});
      drums.notes.push_back({at, Tick{60}, static_cast<std::uint8_t>(beat % 2 ? 38 : 36), 110});
      drums.notes.push_back({at + Tick{240}, Tick{60}, 42, 70});
    }
  }
  score.tracks = {piano, bass, drums};
  return score;
}

}  // namespace sage::test
