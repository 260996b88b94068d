#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace sage {
namespace {

TEST(Random, TheSequenceIsFixed) {
  // xoshiro256** seeded through SplitMix64(0), computed apart from this code.
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452au);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0u);
}

TEST(Random, ACopyForksAndAStateRestores) {
  Random random(7);
  Random fork = random;
  const Random::State state = random.state();
  const std::uint64_t first = random.next();
  EXPECT_EQ(fork.next(), first);
  random.restore(state);
  EXPECT_EQ(random.next(), first);
  EXPECT_NE(Random(8).next(), first);
}

TEST(Random, UniformStaysInRangeWithTheRightMean) {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = random.uniform();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.005);
}

TEST(Random, BelowReachesEveryValueEvenly) {
  Random random(2);
  std::array<int, 7> counts = {};
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace sage
