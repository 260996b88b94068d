// Follows a MIDI clock: 24 pulses a quarter note, each with the jitter of its cable, become one
// smooth line from ticks to time (a phase-locked loop of second order), together with start, stop,
// continue and song position. Allocates nothing.
#pragma once

#include <cstdint>

#include "live/message.h"
#include "live/transport.h"

namespace sage::live {

inline constexpr int kPulsesPerQuarter = 24;

class ClockFollower {
 public:
  explicit ClockFollower(int grid) : ticks_per_pulse_(double(grid) / kPulsesPerQuarter) {}

  /// True where the line has changed.
  bool push(const Message& message) noexcept;

  /// Between a start or continue (and its first pulse) and a stop.
  bool running() const { return running_; }
  bool stopped() const { return stopped_; }
  /// The line in force. Precondition: running().
  const Line& line() const { return line_; }

 private:
  void pulse(double time_us) noexcept;

  double ticks_per_pulse_;
  Line line_;
  double us_per_pulse_ = 0;  // 0: not known yet
  double first_us_ = 0, last_us_ = 0;
  int pulses_ = 0;       // since the clock was first heard, or after a gap
  double position_ = 0;  // ticks at the next pulse
  bool armed_ = false, running_ = false, stopped_ = false;
};

}  // namespace sage::live
