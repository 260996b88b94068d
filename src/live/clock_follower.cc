#include "live/clock_follower.h"

#include <algorithm>

namespace sage::live {
namespace {

// The loop's gains: phase, and period = phase^2 / 4 (critically damped). A pulse that is late by e
// moves the line by kPhaseGain * e. A tempo that changes by r microseconds a pulse, pulse after
// pulse, is followed r / kPeriodGain behind.
constexpr double kPhaseGain = 0.25;
constexpr double kPeriodGain = kPhaseGain * kPhaseGain / 4;
constexpr int kPulsesToLock = 24;  // a quarter note, in which the mean period is taken instead
constexpr double kGap = 8;         // periods without a pulse: the clock has begun anew

constexpr double kSixteenthsPerQuarter = 4;

}  // namespace

bool ClockFollower::push(const Message& message) noexcept {
  switch (message.bytes[0]) {
    case kStart:
      position_ = 0;
      armed_ = true;
      stopped_ = false;
      return false;
    case kContinue:
      armed_ = true;
      stopped_ = false;
      return false;
    case kStop:
      stopped_ = running_ || armed_;
      armed_ = running_ = false;
      return false;
    case kSongPosition:
      if (!running_)
        position_ = (message.bytes[1] + 128 * message.bytes[2]) *
                    (kPulsesPerQuarter / kSixteenthsPerQuarter) * ticks_per_pulse_;
      return false;
    case kClockPulse:
      pulse(static_cast<double>(message.time_us));
      return running_;
    default:
      return false;
  }
}

void ClockFollower::pulse(double time_us) noexcept {
  if (pulses_ > 1 && time_us - last_us_ > kGap * us_per_pulse_) pulses_ = 0;
  last_us_ = time_us;
  const bool starts = armed_;
  if (armed_) {
    armed_ = false;
    running_ = true;
  }
  if (pulses_ == 0) {
    first_us_ = time_us;
    line_.us = time_us;
  } else if (pulses_ <= kPulsesToLock || us_per_pulse_ <= 0) {
    us_per_pulse_ = std::max(1.0, (time_us - first_us_) / pulses_);
    line_.us = time_us;
  } else {
    const double expected = line_.us + us_per_pulse_;
    const double error = time_us - expected;
    line_.us = expected + kPhaseGain * error;
    us_per_pulse_ = std::max(1.0, us_per_pulse_ + kPeriodGain * error);
  }
  ++pulses_;
  if (!running_) return;
  if (!starts) position_ += ticks_per_pulse_;
  line_.tick = position_;
  // Before the second pulse there is no tempo: 120 bpm until then.
  line_.us_per_tick =
      (us_per_pulse_ > 0 ? us_per_pulse_ : 500'000.0 / kPulsesPerQuarter) / ticks_per_pulse_;
}

}  // namespace sage::live
