// Questions about a score's time: how long, which bar, how many seconds.
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "score/score.h"

namespace sage {

std::size_t note_count(const Score& score);

/// The end of the last note.
Tick end_of(const Score& score);

/// Converts ticks to seconds under a score's tempo map. Holds a copy of the map.
class TempoMap {
 public:
  explicit TempoMap(const Score& score);
  double seconds_at(Tick time) const;
  Tick tick_at(double seconds) const;
  /// Microseconds a quarter note at `time`.
  std::uint32_t tempo_at(Tick time) const;

 private:
  struct Segment {
    Tick start;
    double seconds;  // at start
    double seconds_per_tick;
    std::uint32_t us_per_quarter;
  };
  const Segment& segment_at(Tick time) const;
  std::vector<Segment> segments_;
};

double duration_seconds(const Score& score);

struct Bar {
  Tick start;
  Tick length;
  Meter meter;  // the meter in force; a meter change inside the bar cuts the bar short
  Tick end() const { return start + length; }
  friend bool operator==(const Bar&, const Bar&) = default;
};

/// The bars from tick 0 up to the one that holds the tick before `end`; at least one. A bar whose
/// exact length is no whole number of ticks is rounded, with the error carried on. More than
/// `max_bars`: kLimit.
Result<std::vector<Bar>> bars_of(const Score& score, Tick end, std::size_t max_bars = 100'000);

}  // namespace sage
