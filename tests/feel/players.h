// Made-up drummers: bars of hi-hat eighths or swung ones, kick and snare, with known habits.
#pragma once

#include "base/normal.h"
#include "score/score.h"
#include "score/transform.h"

namespace sage::test {

inline constexpr int kKick = 36, kSnare = 38, kHat = 42;

/// `late_ms` of the snare only; `offbeat`: where the second eighth stands in the quarter.
inline Score drummer(int bars, double late_ms, double offbeat, double spread_ms = 0,
                     std::uint64_t seed = 1) {
  Score score;
  score.ticks_per_quarter = 480;
  score.tempos = {{Tick{0}, 500'000}};  // 500 ms a quarter
  Track track;
  track.is_drum = true;
  Random random(seed);
  const auto add = [&](double quarters, double ms, int pitch, int velocity) {
    const double moved = quarters * 480 + (ms + spread_ms * standard_normal(random)) * 480 / 500;
    const auto tick = static_cast<std::int64_t>(moved < 0 ? 0 : moved + 0.5);
    track.notes.push_back({Tick{tick}, Tick{40}, static_cast<std::uint8_t>(pitch),
                           static_cast<std::uint8_t>(velocity)});
  };
  for (int bar = 0; bar < bars; ++bar)
    for (int quarter = 0; quarter < 4; ++quarter) {
      const double at = 4.0 * bar + quarter;
      add(at, 0, kHat, 90);
      add(at + offbeat, 0, kHat, 60);
      if (quarter % 2 == 0)
        add(at, 0, kKick, 100);
      else
        add(at, late_ms, kSnare, 100);
    }
  score.tracks.push_back(track);
  normalise(score);
  return score;
}

/// The same beat on a grid of 12, all equally loud.
inline Score straight_beat(int bars) {
  Score score = drummer(bars, 0, 0.5);
  score.ticks_per_quarter = 12;
  for (Note& note : score.tracks[0].notes) {
    note.onset = Tick{(note.onset.count + 20) / 40};
    note.duration = Tick{1};
    note.velocity = 80;
  }
  return score;
}

}  // namespace sage::test
