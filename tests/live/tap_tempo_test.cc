#include "live/tap_tempo.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

TEST(TapTempo, EvenTapsGiveTheirTempo) {
  TapTempo taps;
  EXPECT_FALSE(taps.tap(10'000'000));
  EXPECT_DOUBLE_EQ(taps.tap(10'500'000).value(), 120.0);
  EXPECT_DOUBLE_EQ(taps.tap(11'000'000).value(), 120.0);
}

TEST(TapTempo, UnevenTapsAreSmoothed) {
  TapTempo taps;
  taps.tap(10'000'000);
  taps.tap(10'500'000);
  EXPECT_DOUBLE_EQ(taps.tap(11'100'000).value(), 0.6 * 120 + 0.4 * 100);
}

TEST(TapTempo, APauseBeginsAnew) {
  TapTempo taps;
  taps.tap(10'000'000);
  taps.tap(10'500'000);
  EXPECT_FALSE(taps.tap(14'000'000));
  EXPECT_DOUBLE_EQ(taps.tap(15'000'000).value(), 60.0);
}

}  // namespace
}  // namespace sage::live
