#include "eval/detection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"

namespace sage {
namespace {

using Rows = std::vector<std::vector<double>>;

/// Twelve features of 60 works: works differ, and the system differs from the composers in feature
/// 3 by `shift` standard deviations.
std::pair<Rows, Rows> works(double shift, std::uint64_t seed) {
  Random random(seed);
  const auto noise = [&] { return random.uniform() + random.uniform() + random.uniform() - 1.5; };
  Rows reference, system;
  for (int work = 0; work < 60; ++work) {
    std::vector<double> a, b;
    for (int k = 0; k < 12; ++k) {
      const double base = noise();
      a.push_back(100 * k + base + noise());
      b.push_back(100 * k + base + noise() + (k == 3 ? shift : 0));
    }
    reference.push_back(a);
    system.push_back(b);
  }
  return {reference, system};
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (int k = 0; k < 12; ++k) out.push_back("f" + std::to_string(k));
  return out;
}

TEST(Detection, EqualMusicCannotBeTold) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto [reference, system] = works(0, seed);
    sum += detect(names(), reference, system, {.splits = 20}).accuracy.mean;
  }
  EXPECT_NEAR(sum / 8, 0.5, 0.05);
  // The composers themselves: always half right, whatever the classifier says.
  const auto [reference, system] = works(0, 1);
  const Detection same = detect(names(), reference, reference);
  EXPECT_EQ(same.accuracy.mean, 0.5);
}

TEST(Detection, ADifferenceIsFoundAndNamed) {
  const auto [reference, system] = works(3, 1);
  const Detection found = detect(names(), reference, system);
  EXPECT_GT(found.accuracy.low, 0.9);
  EXPECT_EQ(found.works, 60u);
  EXPECT_EQ(found.giveaways.front().feature, "f3");
  EXPECT_GT(found.giveaways.front().weight, 0);
  EXPECT_GT(found.giveaways.front().auc, 0.95);
  EXPECT_NEAR(found.giveaways.front().system_mean - found.giveaways.front().reference_mean, 3, 0.4);
}

TEST(Detection, MissingAndConstantValuesDoNotMatter) {
  auto [reference, system] = works(3, 2);
  const double plain = detect(names(), reference, system).accuracy.mean;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    reference[i][5] = system[i][5] = 7;
    reference[i][6] = system[i][6] = std::numeric_limits<double>::quiet_NaN();
    if (i % 5 == 0) system[i][3] = std::numeric_limits<double>::quiet_NaN();
  }
  const Detection found = detect(names(), reference, system);
  EXPECT_LT(found.accuracy.mean, plain);  // a fifth of the evidence is gone
  EXPECT_GT(found.accuracy.mean, plain - 0.2);
  for (const Giveaway& g : found.giveaways)
    if (g.feature == "f5" || g.feature == "f6") EXPECT_EQ(g.weight, 0) << g.feature;
}

TEST(Detection, IsRepeatableAndNeedsWorks) {
  const auto [reference, system] = works(1, 3);
  EXPECT_EQ(detect(names(), reference, system).accuracy.mean,
            detect(names(), reference, system).accuracy.mean);
  EXPECT_TRUE(std::isnan(detect(names(), Rows(3, reference[0]), Rows(3, system[0])).accuracy.mean));
}

}  // namespace
}  // namespace sage
