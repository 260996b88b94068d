#include "train/schedule.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

TEST(ScheduleTest, WarmsUpStaysAndDecaysToZero) {
  const ScheduleOptions options{.peak = 1.0, .warmup_steps = 10, .decay_share = 0.25};
  EXPECT_DOUBLE_EQ(learning_rate(options, 0, 0.0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 9, 0.01), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, 500, 0.75), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, 900, 0.875), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(options, 999, 1.0), 0.0);
  EXPECT_DOUBLE_EQ(learning_rate(options, 999, 1.5), 0.0);
}

TEST(ScheduleTest, CosineEndsAtATenth) {
  const ScheduleOptions options{.shape = Schedule::kCosine, .peak = 2.0, .warmup_steps = 1};
  EXPECT_DOUBLE_EQ(learning_rate(options, 5, 0.0), 2.0);
  EXPECT_NEAR(learning_rate(options, 5, 0.5), 1.1, 1e-12);
  EXPECT_NEAR(learning_rate(options, 5, 1.0), 0.2, 1e-12);
}

}  // namespace
}  // namespace sage
