#include "statistics/quantiles.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sage {
namespace {

TEST(Stats, QuantilesInterpolate) {
  const std::vector<double> values = {4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
  EXPECT_DOUBLE_EQ(quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(median(values), 2.5);
}

TEST(Stats, OneValueAndNone) {
  EXPECT_DOUBLE_EQ(quantile(std::vector<double>{5}, 0.3), 5);
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace sage
