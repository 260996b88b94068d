#include "generate/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace sage {
namespace {

TokenMask mask_of(std::initializer_list<IdRange> ranges) {
  TokenMask mask;
  for (const IdRange& range : ranges) mask.add(range.begin, range.end);
  return mask;
}

std::map<TokenId, int> draw(const SamplerOptions& options, const TokenMask& mask,
                            std::span<const float> logits, std::span<const TokenId> history = {},
                            int times = 20'000) {
  Sampler sampler(options, 100);
  Random random(5);
  std::map<TokenId, int> counts;
  for (int i = 0; i < times; ++i) ++counts[sampler.sample(mask.ranges(), logits, history, random)];
  return counts;
}

// Logits belong to the mask's ids in order; these are the probabilities 0.1, 0.2, 0.3, 0.4.
const std::vector<float> kLogits = {std::log(0.1f), std::log(0.2f), std::log(0.3f), std::log(0.4f)};
const TokenMask kMask = mask_of({{10, 12}, {50, 52}});

TEST(Sampler, FavouredTokensGainWhereTheyAreLegal) {
  Sampler sampler({}, 100);
  const Candidate bonuses[] = {{10, std::log(4.0)}, {30, 50.0}};  // 0.4 to 0.9; not legal
  sampler.favour(bonuses);
  Random random(5);
  std::map<TokenId, int> counts;
  for (int i = 0; i < 20'000; ++i) ++counts[sampler.sample(kMask.ranges(), kLogits, {}, random)];
  EXPECT_NEAR(counts.at(10) / 20'000.0, 0.4 / 1.3, 0.01);
  EXPECT_NEAR(counts.at(51) / 20'000.0, 0.4 / 1.3, 0.01);
  EXPECT_EQ(counts.size(), 4U);
  sampler.favour({});
  counts.clear();
  for (int i = 0; i < 20'000; ++i) ++counts[sampler.sample(kMask.ranges(), kLogits, {}, random)];
  EXPECT_NEAR(counts.at(10) / 20'000.0, 0.1, 0.01);
}

TEST(Sampler, DrawsInProportion) {
  const auto counts = draw({}, kMask, kLogits);
  EXPECT_NEAR(counts.at(10) / 20'000.0, 0.1, 0.01);
  EXPECT_NEAR(counts.at(11) / 20'000.0, 0.2, 0.01);
  EXPECT_NEAR(counts.at(50) / 20'000.0, 0.3, 0.015);
  EXPECT_NEAR(counts.at(51) / 20'000.0, 0.4, 0.015);
}

TEST(Sampler, TemperatureZeroTakesTheLikeliestAndTheLowerIdOfEquals) {
  EXPECT_EQ(draw({.temperature = 0}, kMask, kLogits).size(), 1u);
  EXPECT_TRUE(draw({.temperature = 0}, kMask, kLogits).contains(51));
  const std::vector<float> equal(4, 1.0f);
  EXPECT_TRUE(draw({.temperature = 0}, kMask, equal).contains(10));
}

TEST(Sampler, TemperatureSharpens) {
  const auto counts = draw({.temperature = 0.5}, kMask, kLogits);  // proportional to squares
  EXPECT_NEAR(counts.at(51) / 20'000.0, 0.16 / 0.30, 0.015);
}

TEST(Sampler, TinyTemperaturesAndBrokenLogitsAreNoTrap) {
  EXPECT_TRUE(draw({.temperature = 1e-308}, kMask, kLogits).contains(51));
  EXPECT_EQ(draw({.temperature = 1e-308}, kMask, kLogits).size(), 1u);
  const std::vector<float> broken = {NAN, INFINITY, 0.5f, -INFINITY};
  EXPECT_EQ(draw({}, kMask, broken).size(), 1u);
  EXPECT_EQ(draw({}, kMask, std::vector<float>(4, NAN)).size(), 4u);
}

TEST(Sampler, TopKKeepsK) {
  const auto counts = draw({.top_k = 2}, kMask, kLogits);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_TRUE(counts.contains(50) && counts.contains(51));
}

TEST(Sampler, TopPKeepsTheSmallestSetThatReachesP) {
  EXPECT_EQ(draw({.top_p = 0.69}, kMask, kLogits).size(), 2u);
  EXPECT_EQ(draw({.top_p = 0.71}, kMask, kLogits).size(), 3u);
  EXPECT_EQ(draw({.top_p = 0.01}, kMask, kLogits).size(), 1u);
}

// With many candidates most are dropped before they are sorted; the set must be the same.
TEST(Sampler, TopPOfManyIsThatOfASortedList) {
  Random random(4);
  std::vector<float> logits(3'000);
  for (float& logit : logits) logit = static_cast<float>(12 * random.uniform());
  std::vector<std::pair<double, TokenId>> sorted;
  double total = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    sorted.emplace_back(-std::exp(double{logits[i]}), static_cast<TokenId>(i));
    total -= sorted.back().first;
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double top_p : {0.1, 0.5, 0.9}) {
    std::set<TokenId> kept;
    double mass = 0;
    for (auto it = sorted.begin(); mass < top_p * total; ++it) {
      kept.insert(it->second);
      mass -= it->first;
    }
    std::set<TokenId> drawn;
    for (const auto& [id, times] : draw({.top_p = top_p}, mask_of({{0, 3'000}}), logits))
      drawn.insert(id);
    EXPECT_TRUE(std::includes(kept.begin(), kept.end(), drawn.begin(), drawn.end())) << top_p;
    EXPECT_GT(2 * drawn.size(), kept.size()) << top_p;
  }
}

TEST(Sampler, MinPDropsTheUnlikely) {
  const auto counts = draw({.min_p = 0.6}, kMask, kLogits);  // below 0.24
  EXPECT_EQ(counts.size(), 2u);
}

TEST(Sampler, RepeatPenaltyStopsALoop) {
  // 1 2 3 1 2 3 1 2: the run that a 3 would prolong is long; all logits are equal otherwise.
  std::vector<TokenId> history;
  for (int i = 0; i < 20; ++i) history.push_back(1 + i % 3);
  const TokenMask mask = mask_of({{1, 5}});
  const std::vector<float> equal(4, 0.0f);
  const SamplerOptions options = {.repeat_penalty = 100, .repeat_allowed = 8};
  EXPECT_FALSE(draw(options, mask, equal, history).contains(3));
  EXPECT_TRUE(
      draw({.repeat_penalty = 100, .repeat_allowed = 30}, mask, equal, history).contains(3));
}

TEST(Sampler, RefusesOptionsWithoutMeaning) {
  EXPECT_FALSE(validate({.temperature = -1}));
  EXPECT_FALSE(validate({.temperature = NAN}));
  EXPECT_FALSE(validate({.top_k = -1}));
  EXPECT_FALSE(validate({.top_p = 0}));
  EXPECT_FALSE(validate({.min_p = 1}));
  EXPECT_FALSE(validate({.repeat_penalty = -1}));
  EXPECT_TRUE(validate(SamplerOptions{}));
}

}  // namespace
}  // namespace sage
