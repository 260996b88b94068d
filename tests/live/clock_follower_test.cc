#include "live/clock_follower.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/normal.h"

namespace sage::live {
namespace {

struct Phase {
  double worst_ms = 0;        // after a bar
  double worst_ahead_ms = 0;  // of what the line says of half a beat later
};

/// Plays a clock whose tempo at a quarter note is bpm_at(), with jitter on every pulse.
Phase follow(const std::function<double(double quarter)>& bpm_at, double quarters,
             double jitter_ms) {
  ClockFollower follower(12);
  Random random(3);
  follower.push(system_message(kStart));
  std::vector<double> true_us;
  double us = 1e6;
  for (int pulse = 0; pulse < quarters * kPulsesPerQuarter; ++pulse) {
    true_us.push_back(us);
    us += 60e6 / bpm_at(pulse / 24.0) / kPulsesPerQuarter;
  }
  Phase phase;
  for (std::size_t pulse = 0; pulse < true_us.size(); ++pulse) {
    Message message = system_message(kClockPulse);
    message.time_us = std::llround(true_us[pulse] + 1e3 * jitter_ms * standard_normal(random));
    EXPECT_TRUE(follower.push(message));
    if (pulse < 4 * kPulsesPerQuarter) continue;
    const auto off = [&](std::size_t at) {
      return std::abs(follower.line().time_at(static_cast<double>(at) / 2) - true_us[at]) * 1e-3;
    };
    phase.worst_ms = std::max(phase.worst_ms, off(pulse));
    if (pulse + 12 < true_us.size())
      phase.worst_ahead_ms = std::max(phase.worst_ahead_ms, off(pulse + 12));
  }
  return phase;
}

TEST(ClockFollower, FiltersTheJitterOfASteadyClock) {
  const Phase phase = follow([](double) { return 120; }, 200, 1.0);
  RecordProperty("worst_phase_ms", std::to_string(phase.worst_ms));
  EXPECT_LT(phase.worst_ms, 2.0);  // of pulses that are up to 4 ms off
  EXPECT_LT(phase.worst_ahead_ms, 8.0);
}

TEST(ClockFollower, FollowsDriftWithoutFallingBehind) {
  const Phase phase = follow([](double quarter) { return 120 + quarter / 60; }, 300, 0);
  EXPECT_LT(phase.worst_ms, 0.3);
}

TEST(ClockFollower, FollowsARampFrom60To180) {
  const Phase phase =
      follow([](double q) { return q < 8 ? 60.0 : std::min(180.0, 60 + (q - 8) * 2); }, 100, 0.2);
  RecordProperty("worst_phase_ms", std::to_string(phase.worst_ms));
  RecordProperty("worst_half_beat_ahead_ms", std::to_string(phase.worst_ahead_ms));
  EXPECT_LT(phase.worst_ms, 6.0);
  EXPECT_LT(phase.worst_ahead_ms, 25.0);
}

TEST(ClockFollower, StartsAtTheFirstPulseAfterStart) {
  ClockFollower follower(12);
  Message pulse = system_message(kClockPulse);
  for (int i = 0; i < 48; ++i) {
    pulse.time_us = i * 20'000;
    EXPECT_FALSE(follower.push(pulse));
  }
  follower.push(system_message(kStart));
  EXPECT_FALSE(follower.running());
  pulse.time_us = 48 * 20'000;
  EXPECT_TRUE(follower.push(pulse));
  EXPECT_TRUE(follower.running());
  EXPECT_NEAR(follower.line().tick, 0, 1e-9);
  EXPECT_NEAR(follower.line().us_per_tick, 40'000, 1);  // the tempo was known before
  follower.push(system_message(kStop));
  EXPECT_FALSE(follower.running());
  EXPECT_TRUE(follower.stopped());
}

TEST(ClockFollower, ContinuesAtTheSongPosition) {
  ClockFollower follower(12);
  follower.push({0, {kSongPosition, 8, 1}, 3});  // 136 sixteenths
  follower.push(system_message(kContinue));
  Message pulse = system_message(kClockPulse);
  pulse.time_us = 5;
  follower.push(pulse);
  EXPECT_NEAR(follower.line().tick, 136 * 3, 1e-9);
}

}  // namespace
}  // namespace sage::live
