#include "listen/power.h"

#include <gtest/gtest.h>

#include <cmath>

#include "statistics/statistics.h"

namespace sage {
namespace {

/// Three standard errors of a simulated power.
double slack(double power, int runs) { return 3 * std::sqrt(power * (1 - power) / runs) + 0.005; }

TEST(Power, PublishedSampleSizes) {
  // Paired t-tests, two-sided, 5 %, power 80 %: 34 for d = 0.5, 199 for 0.2, 15 for 0.8.
  EXPECT_EQ(raters_needed({.effect = 0.5, .listener = 0, .clips = 1}, 0.8), 34);
  EXPECT_EQ(raters_needed({.effect = 0.2, .listener = 0, .clips = 1}, 0.8), 199);
  EXPECT_EQ(raters_needed({.effect = 0.8, .listener = 0, .clips = 1}, 0.8), 15);
  EXPECT_EQ(raters_needed({.effect = 1e-5, .clips = 1}, 0.8), 0);
}

TEST(Power, MoreClipsHelpUpToTheListeners) {
  EXPECT_DOUBLE_EQ(listener_effect({.effect = 0.5, .listener = 0, .clips = 4}), 1.0);
  EXPECT_NEAR(listener_effect({.effect = 0.5, .listener = 0.25, .clips = 1'000'000}), 1.0, 1e-3);
}

TEST(Power, SimulationMeetsTheClosedForm) {
  constexpr int kRuns = 1500;
  for (const double icc : {0.0, 0.3}) {
    const PowerTask task{.effect = 0.3, .listener = icc, .raters = 25, .clips = 4};
    const double closed = closed_form_power(task);
    EXPECT_NEAR(simulated_power(task, kRuns, 1), closed, slack(closed, kRuns)) << icc;
  }
}

TEST(Power, WithoutAnEffectItIsAlpha) {
  constexpr int kRuns = 1500;
  const PowerTask task{.effect = 0, .raters = 20, .clips = 2};
  EXPECT_NEAR(simulated_power(task, kRuns, 2), 0.05, slack(0.05, kRuns));
}

TEST(Power, OfSingleVotesIsThatOfTheSignTest) {
  // One vote a listener: the permutation test is the exact binomial test, whose power is a sum.
  constexpr int kRaters = 10, kRuns = 3000;
  constexpr double kRate = 0.85;
  double exact = 0;
  for (int k = 0; k <= kRaters; ++k)
    if (sign_test(static_cast<std::uint64_t>(k), kRaters) <= 0.05)
      exact +=
          std::exp(std::lgamma(kRaters + 1) - std::lgamma(k + 1) - std::lgamma(kRaters - k + 1)) *
          std::pow(kRate, k) * std::pow(1 - kRate, kRaters - k);
  const PowerTask task{.win_rate = kRate, .listener = 0, .raters = kRaters, .clips = 1};
  EXPECT_NEAR(simulated_power(task, kRuns, 3), exact, slack(exact, kRuns));
}

TEST(Power, OfCorrelatedVotes) {
  constexpr int kRuns = 1500;
  const PowerTask task{.win_rate = 0.6, .listener = 0.2, .raters = 40, .clips = 8};
  const double closed = closed_form_power(task);
  EXPECT_NEAR(simulated_power(task, kRuns, 4), closed, slack(closed, kRuns) + 0.02);
}

}  // namespace
}  // namespace sage
