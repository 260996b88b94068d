#include "statistics/statistics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "base/random.h"

namespace sage {
namespace {

/// Standard normal values (Box and Muller).
std::vector<double> normal(std::size_t n, Random& random) {
  std::vector<double> out;
  while (out.size() < n)
    out.push_back(std::sqrt(-2 * std::log(1 - random.uniform())) *
                  std::cos(2 * std::numbers::pi * random.uniform()));
  return out;
}

TEST(ShareInterval, ByHand) {
  // 3 of 10: centre (0.3 + z^2 / 20) / (1 + z^2 / 10) with z = 1.959964.
  const MeanInterval some = share_interval(3, 10);
  EXPECT_NEAR(some.mean, 0.3, 1e-12);
  EXPECT_NEAR(some.low, 0.107791, 1e-6);
  EXPECT_NEAR(some.high, 0.603222, 1e-6);
  const MeanInterval none = share_interval(0, 20), all = share_interval(20, 20);
  EXPECT_EQ(none.low, 0.0);
  EXPECT_NEAR(none.high, 1.959964 * 1.959964 / (20 + 1.959964 * 1.959964), 1e-6);
  EXPECT_EQ(all.high, 1.0);
  EXPECT_NEAR(all.low, 1 - none.high, 1e-12);
  EXPECT_TRUE(std::isnan(share_interval(0, 0).mean));
}

TEST(Bootstrap, OfTwoValuesIsKnown) {
  // The resampled mean is 0 or 1 with probability 1/4 each.
  const MeanInterval interval = bootstrap_mean(std::vector{0.0, 1.0});
  EXPECT_EQ(interval.mean, 0.5);
  EXPECT_EQ(interval.low, 0.0);
  EXPECT_EQ(interval.high, 1.0);
  const MeanInterval narrow = bootstrap_mean(std::vector{0.0, 1.0}, {.level = 0.4});
  EXPECT_EQ(narrow.low, 0.5);
  EXPECT_EQ(narrow.high, 0.5);
}

TEST(Bootstrap, OfManyValuesApproachesTheNormalInterval) {
  Random random(3);
  const auto values = normal(4000, random);
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double variance = 0;
  for (const double x : values) variance += (x - mean) * (x - mean) / n;
  const MeanInterval interval = bootstrap_mean(values, {.resamples = 2000});
  const double half = 1.96 * std::sqrt(variance / n);
  EXPECT_NEAR(interval.mean, mean, 1e-12);
  EXPECT_NEAR(interval.low, mean - half, 0.1 * half);
  EXPECT_NEAR(interval.high, mean + half, 0.1 * half);
}

TEST(Bootstrap, CoversTheTruthAsOftenAsItSays) {
  Random random(5);
  int covered = 0;
  for (int k = 0; k < 400; ++k) {
    const MeanInterval interval = bootstrap_mean(
        normal(40, random), {.resamples = 400, .seed = static_cast<std::uint64_t>(k)});
    if (interval.low <= 0 && 0 <= interval.high) ++covered;
  }
  EXPECT_GT(covered, 360);  // 95 % of 400 are 380; a few less at 40 values
  EXPECT_LT(covered, 398);
}

TEST(Bootstrap, EdgesAndSeeds) {
  EXPECT_TRUE(std::isnan(bootstrap_mean({}).mean));
  EXPECT_EQ(bootstrap_mean(std::vector{0.1, 0.1, 0.1}).low, 0.1);
  EXPECT_EQ(bootstrap_mean(std::vector{0.1, 0.1, 0.1}).mean, 0.1);
  const std::vector<double> values = {1, 2, 3, 5, 8};
  EXPECT_EQ(bootstrap_mean(values, {.seed = 4}).low, bootstrap_mean(values, {.seed = 4}).low);
}

TEST(Permutation, ClosedForms) {
  // All of one sign: only the two extreme choices of signs are as far from 0.
  for (const std::size_t n : {1u, 5u, 12u})
    EXPECT_DOUBLE_EQ(paired_permutation_test(std::vector<double>(n, 1.5)),
                     std::pow(2.0, 1.0 - static_cast<double>(n)));
  EXPECT_EQ(paired_permutation_test(std::vector<double>(30, 0.0)), 1.0);
  EXPECT_EQ(paired_permutation_test(std::vector{1.0, -1.0}), 1.0);
  EXPECT_TRUE(std::isnan(paired_permutation_test({})));
}

double brute_force(const std::vector<double>& d) {
  const double seen = std::abs(std::accumulate(d.begin(), d.end(), 0.0));
  int far = 0;
  const int ways = 1 << d.size();
  for (int way = 0; way < ways; ++way) {
    double sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) sum += (way >> i & 1) != 0 ? -d[i] : d[i];
    if (std::abs(sum) >= seen - 1e-9) ++far;
  }
  return static_cast<double>(far) / ways;
}

RC_GTEST_PROP(Permutation, AgreesWithBruteForce, ()) {
  const auto integers =
      *rc::gen::container<std::vector<int>>(*rc::gen::inRange(1, 11), rc::gen::inRange(-9, 10));
  std::vector<double> d(integers.begin(), integers.end());
  RC_ASSERT(std::abs(paired_permutation_test(d) - brute_force(d)) < 1e-12);
  // Sampled signs come close: three standard errors and a bit.
  const double sampled = paired_permutation_test(d, {.resamples = 20'000, .exact_up_to = 1});
  if (d.size() > 1) RC_ASSERT(std::abs(sampled - brute_force(d)) < 0.02);
}

TEST(Permutation, IsFairWhereNothingDiffers) {
  Random random(7);
  int rejected = 0;
  for (int k = 0; k < 400; ++k)
    if (paired_permutation_test(normal(30, random), {.resamples = 500}) <= 0.05) ++rejected;
  EXPECT_GT(rejected, 6);  // 20 expected
  EXPECT_LT(rejected, 40);
}

TEST(Holm, ByHand) {
  const auto adjusted = holm(std::vector{0.01, 0.04, 0.03, 0.005});
  EXPECT_NEAR(adjusted[0], 0.03, 1e-12);
  EXPECT_NEAR(adjusted[1], 0.06, 1e-12);  // not below the one before it
  EXPECT_NEAR(adjusted[2], 0.06, 1e-12);
  EXPECT_NEAR(adjusted[3], 0.02, 1e-12);
  EXPECT_EQ(holm(std::vector{0.9, 0.8})[0], 1.0);
  const auto some = holm(std::vector{std::nan(""), 0.04});
  EXPECT_TRUE(std::isnan(some[0]));
  EXPECT_NEAR(some[1], 0.04, 1e-12);
}

RC_GTEST_PROP(Holm, LiesBetweenThePValueAndBonferroni, ()) {
  const auto percents = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 101));
  std::vector<double> p;
  for (const int x : percents) p.push_back(x / 100.0);
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    RC_ASSERT(adjusted[i] >= p[i]);
    RC_ASSERT(adjusted[i] <= std::min(1.0, p[i] * static_cast<double>(p.size())) + 1e-12);
  }
}

TEST(EffectSize, ByHand) {
  EXPECT_NEAR(paired_effect_size(std::vector{1.0, 3.0}), 2 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(paired_effect_size(std::vector{0.0, 0.0}), 0);
  EXPECT_TRUE(std::isnan(paired_effect_size(std::vector{1.0, 1.0})));
  EXPECT_TRUE(std::isnan(paired_effect_size(std::vector{1.0})));
}

// A ratio of equal wholes is the mean over them, with the same draws.
TEST(Bootstrap, ARatioOfEqualWholesIsTheMean) {
  const std::vector<double> parts = {1, 4, 9, 16, 25, 36}, wholes(6, 2.0);
  const MeanInterval mean = bootstrap_mean(parts), ratio = bootstrap_ratio(parts, wholes);
  EXPECT_NEAR(ratio.mean, mean.mean / 2, 1e-12);
  EXPECT_NEAR(ratio.low, mean.low / 2, 1e-12);
  EXPECT_NEAR(ratio.high, mean.high / 2, 1e-12);
}

// Long pieces count for more than short ones, and parts in proportion leave nothing to chance.
TEST(Bootstrap, ARatioIsOfSums) {
  const std::vector<double> parts = {3, 30, 300}, wholes = {1, 10, 100};
  const MeanInterval ratio = bootstrap_ratio(parts, wholes);
  EXPECT_NEAR(ratio.mean, 3, 1e-12);
  EXPECT_NEAR(ratio.high - ratio.low, 0, 1e-12);
  const std::vector<double> uneven = {3, 30, 100};
  EXPECT_NEAR(bootstrap_ratio(uneven, wholes).mean, 133.0 / 111.0, 1e-12);
}

TEST(SignTest, ClosedForms) {
  EXPECT_NEAR(sign_test(10, 10), std::pow(2.0, -9), 1e-15);
  EXPECT_NEAR(sign_test(1, 10), 2 * 11 / 1024.0, 1e-12);
  EXPECT_NEAR(sign_test(9, 10), sign_test(1, 10), 1e-15);
  EXPECT_EQ(sign_test(5, 10), 1.0);
  EXPECT_TRUE(std::isnan(sign_test(0, 0)));
}

RC_GTEST_PROP(SignTest, IsThePermutationTestOfVotes, ()) {
  const auto votes =
      *rc::gen::container<std::vector<int>>(*rc::gen::inRange(1, 15), rc::gen::element(-1, 1));
  const std::vector<double> d(votes.begin(), votes.end());
  const auto wins = static_cast<std::uint64_t>(std::count(votes.begin(), votes.end(), 1));
  RC_ASSERT(std::abs(sign_test(wins, votes.size()) - paired_permutation_test(d)) < 1e-10);
}

TEST(CrossedBootstrap, TwoRowsTwoColumns) {
  // Additive values: the mean is the row part plus the column part, 0, 1/2 or 1 of each effect.
  const std::vector<double> values = {0, 1, 10, 11};
  const std::vector<std::size_t> rows = {0, 0, 1, 1}, columns = {0, 1, 0, 1};
  const MeanInterval interval = bootstrap_crossed_mean(values, rows, columns);
  EXPECT_EQ(interval.mean, 5.5);
  EXPECT_EQ(interval.low, 0.0);  // both of row 0 and of column 0: 1 draw in 16
  EXPECT_EQ(interval.high, 11.0);
}

TEST(CrossedBootstrap, OneColumnIsTheOrdinaryBootstrap) {
  Random random(11);
  const auto values = normal(200, random);
  std::vector<std::size_t> rows(values.size()), columns(values.size(), 0);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const MeanInterval crossed = bootstrap_crossed_mean(values, rows, columns);
  const MeanInterval plain = bootstrap_mean(values);
  EXPECT_NEAR(crossed.low, plain.low, 0.01);
  EXPECT_NEAR(crossed.high, plain.high, 0.01);
}

TEST(CrossedBootstrap, VoicesOfOneRowDoNotPassForMany) {
  // Ten listeners who each give forty pieces the same rating: as uncertain as ten values.
  Random random(12);
  const auto opinions = normal(10, random);
  std::vector<double> values;
  std::vector<std::size_t> rows, columns;
  for (std::size_t row = 0; row < 10; ++row)
    for (std::size_t column = 0; column < 40; ++column) {
      values.push_back(opinions[row]);
      rows.push_back(row);
      columns.push_back(column);
    }
  const MeanInterval crossed = bootstrap_crossed_mean(values, rows, columns, {.resamples = 4000});
  const MeanInterval ten = bootstrap_mean(opinions, {.resamples = 4000});
  EXPECT_NEAR(crossed.high - crossed.low, ten.high - ten.low, 0.1 * (ten.high - ten.low));
}

TEST(Krippendorff, PublishedExample) {
  // Krippendorff 2011, section E: four observers, twelve units, 0 for no rating.
  const int table[4][12] = {{1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
                            {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3},
                            {0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0},
                            {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0}};
  std::vector<std::vector<int>> units(12);
  for (const auto& observer : table)
    for (std::size_t u = 0; u < 12; ++u)
      if (observer[u] != 0) units[u].push_back(observer[u]);
  EXPECT_NEAR(krippendorff_alpha(units, RatingScale::kNominal), 0.743, 5e-4);
  EXPECT_NEAR(krippendorff_alpha(units, RatingScale::kOrdinal), 0.815, 5e-4);
  EXPECT_NEAR(krippendorff_alpha(units, RatingScale::kInterval), 0.849, 5e-4);
}

TEST(Krippendorff, Edges) {
  using Units = std::vector<std::vector<int>>;
  EXPECT_EQ(krippendorff_alpha(Units{{1, 1}, {5, 5}}, RatingScale::kOrdinal), 1.0);
  EXPECT_TRUE(std::isnan(krippendorff_alpha(Units{{3, 3}, {3}}, RatingScale::kOrdinal)));
  EXPECT_TRUE(std::isnan(krippendorff_alpha(Units{{1}, {2}}, RatingScale::kInterval)));
}

TEST(Normal, Tables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.8), 0.8416212335729143, 1e-12);
  for (const double x : {-3.0, -0.5, 0.0, 2.0})
    EXPECT_NEAR(normal_quantile(normal_cdf(x)), x, 1e-10);
}

TEST(StudentT, Tables) {
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706204736, 1e-8);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.302652730, 1e-8);
  EXPECT_NEAR(student_t_quantile(0.975, 3), 3.182446305, 1e-8);
  EXPECT_NEAR(student_t_quantile(0.95, 10), 1.812461123, 1e-8);
  EXPECT_NEAR(student_t_quantile(0.975, 1'000), 1.962339081, 1e-8);
  for (const int freedom : {1, 2, 5, 8})
    for (const double t : {-3.0, -0.5, 0.0, 2.0}) {
      EXPECT_NEAR(student_t_quantile(student_t_cdf(t, freedom), freedom), t, 1e-9);
      EXPECT_NEAR(student_t_cdf(-t, freedom), 1 - student_t_cdf(t, freedom), 1e-12);
    }
}

TEST(StudentT, IntervalByHand) {
  // Mean 3, deviation sqrt(10 / 4), standard error sqrt(0.5), t(0.975, 4) = 2.776445.
  const MeanInterval i = t_interval(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(i.mean, 3);
  EXPECT_NEAR(i.low, 3 - 2.776445105 * std::sqrt(0.5), 1e-8);
  EXPECT_NEAR(i.high, 3 + 2.776445105 * std::sqrt(0.5), 1e-8);
  const MeanInterval one = t_interval(std::vector<double>{7});
  EXPECT_EQ(one.mean, 7);
  EXPECT_TRUE(std::isnan(one.low) && std::isnan(one.high));
  EXPECT_TRUE(std::isnan(t_interval({}).mean));
}

TEST(StudentT, CoversThreeNormalValuesWhereTheBootstrapDoesNot) {
  Random random(13);
  constexpr int kTrials = 4'000;
  int by_t = 0, by_bootstrap = 0;
  for (int i = 0; i < kTrials; ++i) {
    const auto values = normal(3, random);
    const MeanInterval t = t_interval(values);
    const MeanInterval b = bootstrap_mean(values, {.resamples = 400});
    by_t += t.low < 0 && 0 < t.high ? 1 : 0;
    by_bootstrap += b.low < 0 && 0 < b.high ? 1 : 0;
  }
  EXPECT_NEAR(by_t / double{kTrials}, 0.95, 0.012);
  EXPECT_LT(by_bootstrap / double{kTrials}, 0.80);
}

TEST(Equivalence, ByHandAndInItsErrorRate) {
  // Mean 3, standard error sqrt(0.5): t = (4 - 3) / sqrt(0.5) with 4 degrees of freedom.
  const std::vector<double> values = {1, 2, 3, 4, 5};
  EXPECT_NEAR(equivalence_test(values, 4), 1 - student_t_cdf(1 / std::sqrt(0.5), 4), 1e-12);
  EXPECT_NEAR(equivalence_test(values, 3), 0.5, 1e-12);  // on the margin itself
  EXPECT_GT(equivalence_test(values, 1), 0.95);
  EXPECT_EQ(equivalence_test(std::vector<double>{0, 0, 0}, 0.1), 0);
  EXPECT_TRUE(std::isnan(equivalence_test(std::vector<double>{1}, 1)));
  Random random(3);
  int wrong = 0;
  constexpr int kTrials = 4'000;
  for (int i = 0; i < kTrials; ++i) {
    auto differences = normal(20, random);
    for (double& d : differences) d += 1;  // the truth lies on the margin
    wrong += equivalence_test(differences, 1) < 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(wrong / double{kTrials}, 0.05, 0.012);
}

}  // namespace
}  // namespace sage
