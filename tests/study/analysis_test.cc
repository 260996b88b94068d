#include "study/analysis.h"

#include <gtest/gtest.h>

#include <cmath>

#include "study/results.h"

namespace sage {
namespace {

using test::kPieces;
using test::made_up_result;

/// Two arms and a third along an axis.
StudyPlan plan() {
  StudyPlan plan;
  for (const char* name : {"a", "bb", "ccc"}) plan.arms.emplace_back().name = name;
  plan.questions = {{"worse?", {{"bb - a", {{"bb", 1}, {"a", -1}}}}},
                    {"slope?", {{"slope", {{"a", -0.5}, {"bb", 0}, {"ccc", 0.5}}}}}};
  return plan;
}

ArmResults results(std::uint64_t seeds, double nats, double nmsi) {
  ArmResults all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    all["a"].push_back(made_up_result("a", seed));
    all["bb"].push_back(made_up_result("bb", seed, nats, nmsi));
    all["ccc"].push_back(made_up_result("ccc", seed, 2 * nats, 2 * nmsi));
  }
  return all;
}

TEST(ArmAnalysis, ShowsAPlantedDifferenceWithItsSize) {
  const Analysis analysis = analyse(plan(), results(3, 0.2, -3));
  ASSERT_EQ(analysis.findings.size(), 4U);
  const Finding& nats = analysis.findings[0];
  EXPECT_EQ(nats.contrast, "bb - a");
  EXPECT_NEAR(nats.value.mean, 0.2, 0.01);
  EXPECT_LT(nats.value.low, nats.value.mean);
  EXPECT_GT(nats.value.high, nats.value.mean);
  EXPECT_EQ(nats.pieces, kPieces);
  EXPECT_EQ(nats.seeds, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_TRUE(nats.shown());
  EXPECT_GE(nats.p_holm, nats.p);
  EXPECT_GT(nats.effect, 1);
  const ArmSummary& a = analysis.arms[0];
  EXPECT_NEAR(nats.relative, nats.value.mean / a.measures[0].mean, 1e-9);
  EXPECT_NEAR(analysis.findings[1].value.mean, -3, 0.05);
  EXPECT_TRUE(analysis.findings[1].shown());
  // From a to ccc the value rises by twice the difference over two steps.
  EXPECT_NEAR(analysis.findings[2].value.mean, 0.2, 0.01);
  EXPECT_FALSE(analysis.findings[2].is_difference);
}

TEST(ArmAnalysis, NoDifferenceIsNotShown) {
  const Analysis analysis = analyse(plan(), results(3, 0, 0));
  for (const Finding& finding : analysis.findings) EXPECT_FALSE(finding.shown());
}

TEST(ArmAnalysis, FewerThanThreeSeedsClaimNothing) {
  const Analysis analysis = analyse(plan(), results(2, 0.2, -3));
  for (const Finding& finding : analysis.findings) {
    EXPECT_LT(finding.p_holm, 0.05);
    EXPECT_FALSE(finding.shown());
  }
  for (const ArmSummary& arm : analysis.arms) EXPECT_FALSE(arm.enough_seeds());
}

TEST(ArmAnalysis, ComparesTheSeedsThatArmsShare) {
  ArmResults all = results(3, 0.2, -3);
  all["bb"].erase(all["bb"].begin());
  all.erase("ccc");
  const Analysis analysis = analyse(plan(), all);
  ASSERT_EQ(analysis.findings.size(), 2U);  // without ccc there is no slope
  EXPECT_EQ(analysis.findings[0].seeds, (std::vector<std::uint64_t>{2, 3}));
  EXPECT_EQ(analysis.arms.size(), 2U);
}

TEST(ArmAnalysis, APieceThatCouldNotBeScoredIsLeftOut) {
  ArmResults all = results(3, 0.2, 0);
  all["a"][1].pieces[5] = {};
  const Analysis analysis = analyse(plan(), all);
  EXPECT_EQ(analysis.findings[0].pieces, kPieces - 1);
  EXPECT_TRUE(std::isfinite(analysis.arms[0].measures[0].mean));
  EXPECT_EQ(analysis.findings[1].pieces, kPieces);  // NMSI has all
}

// Three seeds that agree in sign do not show a difference when they differ as much as its size,
// though their range (and so any bootstrap) excludes 0.
TEST(ArmAnalysis, TheIntervalIsStudentsOverTheMeansOfTheSeeds) {
  ArmResults all = results(3, 0.0, 0);
  const double nats[] = {0.02, 0.10, 0.25};
  for (std::size_t seed = 0; seed < 3; ++seed)
    all["bb"][seed] = made_up_result("bb", seed + 1, nats[seed], 0);
  const Finding& finding = analyse(plan(), all).findings[0];
  const MeanInterval expected = t_interval(nats);
  EXPECT_NEAR(finding.value.mean, expected.mean, 0.005);
  EXPECT_NEAR(finding.value.low, expected.low, 0.02);
  EXPECT_NEAR(finding.value.high, expected.high, 0.02);
  EXPECT_LT(finding.p_holm, 0.001);
  EXPECT_LT(finding.value.low, 0);
  EXPECT_FALSE(finding.shown());
}

TEST(ArmAnalysis, ASingleSeedHasAnIntervalOverItsPieces) {
  const ArmSummary& arm = analyse(plan(), results(1, 0, 0)).arms[0];
  EXPECT_LT(arm.measures[0].low, arm.measures[0].mean);
  EXPECT_GT(arm.measures[0].high - arm.measures[0].low, 0.1);  // pieces differ by up to 1
}

// Whether seeds differ more than arms is seen in the interval.
TEST(ArmAnalysis, SeedsThatDisagreeWidenTheInterval) {
  ArmResults all = results(3, 0.0, 0);
  for (std::size_t seed = 0; seed < 3; ++seed)
    all["bb"][seed] = made_up_result("bb", seed + 1, seed == 0 ? 0.9 : -0.2, 0);
  const Finding& finding = analyse(plan(), all).findings[0];
  EXPECT_LT(finding.value.low, 0);
  EXPECT_GT(finding.value.high, 0);
  EXPECT_LT(finding.p, 0.001);  // over pieces alone it would look certain
  EXPECT_FALSE(finding.shown());
}

TEST(ArmResult, SurvivesJson) {
  ArmResult result = made_up_result("a", 3, 0.123456789, 0);
  result.key = "key";
  result.merges.emplace();
  result.merges->total = 5;
  const auto again = arm_result_from_json(nlohmann::json::parse(to_json(result).dump()));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again).dump(), to_json(result).dump());
  EXPECT_NEAR(again->pieces[3].nats, result.pieces[3].nats, 1e-3);
  EXPECT_EQ(again->merges->total, 5U);
  EXPECT_FALSE(arm_result_from_json(nlohmann::json::parse("{\"arm\": \"a\"}")));
}

}  // namespace
}  // namespace sage
