// Musical time against the clock: a list of straight lines, each in force from its tick on.
//
// Ticks are grid ticks and may be fractional or, in the count-in, negative. Plain value; belongs to
// one thread at a time. Others get copies of its lines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sage::live {

struct Line {
  double tick = 0;
  double us = 0;  // at that tick
  double us_per_tick = 0;
  double time_at(double t) const { return us + (t - tick) * us_per_tick; }
  double tick_at(double time_us) const { return tick + (time_us - us) / us_per_tick; }
};

class Transport {
 public:
  /// Tick 0 falls at `start_us`.
  Transport(int grid, double bpm, double start_us);

  double time_at(double tick) const;
  double tick_at(double time_us) const;
  double bpm_at(double tick) const;

  /// From `tick` on, in place of all that was said for later.
  void set_tempo(double tick, double bpm);
  /// The same for a line that somebody else's clock gives.
  void follow(const Line& line);
  /// From bpm to bpm in even steps of one tick over [tick, tick + length).
  void ramp(double tick, double length, double from_bpm, double to_bpm);

  /// All lines by tick; the first one holds before its tick too.
  std::span<const Line> lines() const { return lines_; }
  /// Forgets lines that ended before `tick`.
  void forget(double tick);

  double us_per_tick(double bpm) const { return 60e6 / (bpm * grid_); }

 private:
  int grid_;
  std::vector<Line> lines_;
};

}  // namespace sage::live
