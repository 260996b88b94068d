#include "live/transport.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

TEST(Transport, ConvertsBothWaysOverTempoChanges) {
  Transport transport(12, 120, 1'000'000);
  transport.set_tempo(48, 60);
  transport.set_tempo(96, 180);
  for (double tick = -24; tick < 200; tick += 3.5)
    EXPECT_NEAR(transport.tick_at(transport.time_at(tick)), tick, 1e-6);
  EXPECT_DOUBLE_EQ(transport.time_at(48), 3'000'000);
  EXPECT_DOUBLE_EQ(transport.time_at(96), 7'000'000);
  EXPECT_NEAR(transport.bpm_at(47), 120, 1e-9);
  EXPECT_NEAR(transport.bpm_at(100), 180, 1e-9);
}

TEST(Transport, AChangeReplacesWhatWasSaidForLater) {
  Transport transport(12, 120, 0);
  transport.set_tempo(48, 60);
  transport.set_tempo(24, 240);
  EXPECT_DOUBLE_EQ(transport.time_at(48), 1'000'000 + 500'000);
}

TEST(Transport, RampsWithoutAJump) {
  Transport transport(12, 60, 0);
  transport.ramp(0, 96, 60, 180);
  EXPECT_NEAR(transport.bpm_at(48), 120, 1);
  EXPECT_NEAR(transport.bpm_at(97), 180, 1e-9);
  double before = transport.time_at(-1);
  for (double tick = 0; tick < 120; tick += 0.25) {
    EXPECT_GT(transport.time_at(tick), before);
    before = transport.time_at(tick);
  }
}

TEST(Transport, ForgetsOnlyWhatHasEnded) {
  Transport transport(12, 120, 0);
  transport.set_tempo(48, 60);
  const double later = transport.time_at(60);
  transport.forget(50);
  EXPECT_EQ(transport.lines().size(), 1u);
  EXPECT_DOUBLE_EQ(transport.time_at(60), later);
}

}  // namespace
}  // namespace sage::live
