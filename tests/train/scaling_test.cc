#include "train/scaling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace sage {
namespace {

double known(double parameters, double tokens) {
  return 1.5 + std::pow(2e5 / parameters, 0.4) + std::pow(3e6 / tokens, 0.3);
}

std::vector<ScalingPoint> grid(std::vector<double> sizes, std::vector<double> budgets) {
  std::vector<ScalingPoint> points;
  for (const double n : sizes)
    for (const double d : budgets) points.push_back({n, d, known(n, d)});
  return points;
}

TEST(Scaling, FindsTheLawThatMadeThePoints) {
  const auto law = fit_scaling(grid({8e5, 2e6, 5e6}, {4e5, 8e5, 1.6e6, 3.2e6}));
  ASSERT_TRUE(law) << law.error().message;
  EXPECT_NEAR(law->floor, 1.5, 1e-6);
  EXPECT_NEAR(law->alpha, 0.4, 1e-9);
  EXPECT_NEAR(law->beta, 0.3, 1e-9);
  EXPECT_NEAR(law->sizes, 2e5, 1);
  EXPECT_NEAR(law->budgets, 3e6, 10);
  EXPECT_LT(law->error, 1e-9);
  EXPECT_NEAR(law->loss(2.5e7, 1e8), known(2.5e7, 1e8), 1e-6);
}

TEST(Scaling, OfOneSizeThereIsNoTermOfSizes) {
  const auto law = fit_scaling(grid({1e6}, {4e5, 8e5, 1.6e6, 3.2e6}));
  ASSERT_TRUE(law);
  EXPECT_EQ(law->sizes, 0);
  EXPECT_NEAR(law->loss(1e6, 1e7), known(1e6, 1e7), 1e-6);
}

TEST(Scaling, NoTermIsNegative) {
  // Losses that rise with the budget: the best prediction of a law is their mean.
  const std::vector<ScalingPoint> points = {{1e6, 1e6, 2}, {1e6, 2e6, 3}, {1e6, 4e6, 4}};
  const auto law = fit_scaling(points);
  ASSERT_TRUE(law);
  EXPECT_GE(law->floor, 0);
  EXPECT_GE(law->budgets, 0);
  EXPECT_GT(law->error, 0.1);
}

TEST(Scaling, LeavingOneOutSaysHowMuchHangsOnIt) {
  auto points = grid({8e5, 2e6, 5e6}, {4e5, 8e5, 1.6e6});
  const auto sure = leave_one_out(points, 2.5e7, 1e8);
  EXPECT_NEAR(sure.low, sure.high, 1e-6);
  points.back().loss += 0.1;
  const auto unsure = leave_one_out(points, 2.5e7, 1e8);
  EXPECT_LT(unsure.low, unsure.high - 0.01);
}

TEST(Scaling, RefusesWhatCannotBeFitted) {
  EXPECT_FALSE(fit_scaling({}));
  EXPECT_FALSE(fit_scaling(grid({1e6, 2e6, 4e6}, {1e6, 2e6})));
  EXPECT_FALSE(fit_scaling(grid({1e6, 2e6}, {1e6, 2e6})));
  auto broken = grid({1e6, 2e6}, {1e6, 2e6, 4e6});
  broken[2].loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(fit_scaling(broken));
}

}  // namespace
}  // namespace sage
