#include "metrics/divergence.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>
#include "base/nan.h"

namespace sage {
namespace {

TEST(Divergence, EqualSetsAreExactlyAlike) {
  rc::check([](std::vector<int> integers) {
    RC_PRE(!integers.empty());
    std::vector<double> values(integers.begin(), integers.end());
    std::vector<double> other(values.rbegin(), values.rend());
    const Divergence same = divergence(values, other);
    RC_ASSERT(same.overlapping_area == 1.0);
    RC_ASSERT(same.kl == 0.0);
  });
}

TEST(Divergence, SetsFarApartShareNothing) {
  const Divergence far = divergence(std::vector{0.0, 0.1, 0.2}, std::vector{9.0, 9.1, 9.2});
  EXPECT_LT(far.overlapping_area, 1e-5);
  EXPECT_GT(far.kl, 10);
  EXPECT_TRUE(std::isfinite(far.kl));
}

TEST(Divergence, ConstantSets) {
  EXPECT_EQ(divergence(std::vector{2.0, 2.0}, std::vector{2.0}).overlapping_area, 1.0);
  EXPECT_LT(divergence(std::vector{2.0, 2.0}, std::vector{3.0}).overlapping_area, 1e-5);
}

TEST(Divergence, WithoutValuesThereIsNone) {
  EXPECT_TRUE(std::isnan(divergence({}, std::vector{1.0}).kl));
  EXPECT_TRUE(std::isnan(divergence(std::vector{kNaN}, std::vector{1.0}).overlapping_area));
  const Divergence kept = divergence(std::vector{1.0, kNaN, 2.0}, std::vector{1.0, 2.0});
  EXPECT_EQ(kept.overlapping_area, 1.0);
}

/// The kernel density at x, by its definition.
double density(const std::vector<double>& values, double x) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, variance = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) variance += (v - mean) * (v - mean) / (n - 1);
  const double h = std::sqrt(variance) * std::pow(n, -0.2);
  double sum = 0;
  for (const double v : values)
    sum += std::exp(-0.5 * (x - v) * (x - v) / (h * h)) / (h * std::sqrt(2 * std::numbers::pi));
  return sum / n;
}

TEST(Divergence, AgreesWithIntegration) {
  const std::vector<double> a = {0.0, 1.0, 2.0, 4.0, 4.5}, b = {1.0, 2.5, 3.0, 6.0};
  double area = 0, kl = 0;
  constexpr double kStep = 1e-4;
  for (double x = -20; x < 30; x += kStep) {
    const double p = density(a, x), q = density(b, x);
    area += std::min(p, q) * kStep;
    if (p > 1e-9 && q > 1e-12) kl += p * std::log(p / q) * kStep;
  }
  const Divergence found = divergence(a, b);
  EXPECT_NEAR(found.overlapping_area, area, 1e-4);
  EXPECT_NEAR(found.kl, kl, 1e-3);
}

/// Some values, not all of them equal.
std::vector<double> any_values() {
  std::vector<double> values;
  const auto drawn = *rc::gen::container<std::vector<int>>(8, rc::gen::inRange(-1000, 1000));
  for (const int x : drawn) values.push_back(x / 10.0);
  values.push_back(values.front() + 1);
  return values;
}

RC_GTEST_PROP(Divergence, UnitAndZeroOfAMetricChangeNothing, ()) {
  const auto a = any_values(), b = any_values();
  const double scale = *rc::gen::inRange(1, 100) / 7.0, shift = *rc::gen::inRange(-50, 50) / 3.0;
  const auto moved = [&](std::vector<double> values) {
    for (double& x : values) x = scale * x + shift;
    return values;
  };
  const Divergence before = divergence(a, b), after = divergence(moved(a), moved(b));
  RC_ASSERT(std::abs(before.overlapping_area - after.overlapping_area) < 1e-6);
  RC_ASSERT(std::abs(before.kl - after.kl) < 1e-5 * std::max(before.kl, 1.0));
}

RC_GTEST_PROP(Divergence, AreasAreSharesAndTheSameFromBothSides, ()) {
  const auto a = any_values(), b = any_values();
  const Divergence one = divergence(a, b), other = divergence(b, a);
  RC_ASSERT(std::abs(one.overlapping_area - other.overlapping_area) < 1e-9);
  RC_ASSERT(one.overlapping_area >= 0 && one.overlapping_area <= 1);
  RC_ASSERT(one.kl >= 0 && other.kl >= 0);
}

TEST(Divergence, HistogramsByHand) {
  const Divergence half = histogram_divergence(std::vector{1.0, 1.0}, std::vector{3.0, 1.0});
  EXPECT_NEAR(half.overlapping_area, 0.75, 1e-6);
  EXPECT_NEAR(half.kl, 0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25), 1e-6);
  EXPECT_TRUE(std::isnan(histogram_divergence(std::vector{0.0}, std::vector{1.0}).kl));
}

}  // namespace
}  // namespace sage
