// Which heads come together.
#include "heads/cluster.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

/// Heads of two attributes, given by the share of their mass that goes to the first.
HeadMeasurement of_shares(const std::vector<std::vector<double>>& layers) {
  HeadMeasurement measured;
  measured.layers = static_cast<int>(layers.size());
  measured.heads = static_cast<int>(layers[0].size());
  measured.attributes = {"a", "b"};
  for (const auto& layer : layers)
    for (const double share : layer)
      for (int query = 0; query < 2; ++query) {
        measured.mass.push_back(share);
        measured.mass.push_back(1 - share);
      }
  measured.queries.assign(layers[0].size() * 2, 10);
  measured.uniform.assign(layers[0].size() * 4, 0.5);
  return measured;
}

TEST(HeadDistance, IsOneForHeadsThatShareNothingAndASymmetricMetric) {
  const auto measured = of_shares({{1, 0, 0.5, 0.9}});
  EXPECT_DOUBLE_EQ(head_distance(measured, 0, 0, 1), 1);
  EXPECT_DOUBLE_EQ(head_distance(measured, 0, 2, 2), 0);
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b) {
      EXPECT_DOUBLE_EQ(head_distance(measured, 0, a, b), head_distance(measured, 0, b, a));
      for (int c = 0; c < 4; ++c)
        EXPECT_LE(head_distance(measured, 0, a, c),
                  head_distance(measured, 0, a, b) + head_distance(measured, 0, b, c) + 1e-12);
    }
}

TEST(ClusterHeads, LikeComesToLikeAndLayersMayDiffer) {
  // Layer 0 has two kinds of heads, layer 1 four.
  const auto measured = of_shares({{0.9, 0.1, 0.91, 0.12}, {0.0, 0.33, 0.66, 1.0}});
  EXPECT_EQ(cluster_heads(measured, {.kv_heads = 6}).value(),
            (HeadTables{{0, 1, 0, 1}, {0, 1, 2, 3}}));
  EXPECT_EQ(cluster_heads(measured, {.kv_heads = 8}).value(),
            (HeadTables{{0, 1, 2, 3}, {0, 1, 2, 3}}));
  EXPECT_EQ(cluster_heads(measured, {.kv_heads = 2}).value(),
            (HeadTables{{0, 0, 0, 0}, {0, 0, 0, 0}}));
  EXPECT_EQ(cluster_heads(measured, {.distance = 0.1}).value(),
            (HeadTables{{0, 1, 0, 1}, {0, 1, 2, 3}}));
  EXPECT_EQ(cluster_heads(measured, {.distance = 0.0}).value(),
            (HeadTables{{0, 1, 2, 3}, {0, 1, 2, 3}}));
  EXPECT_EQ(cluster_heads(measured, {.layer_heads = {2, 4}}).value(),
            (HeadTables{{0, 1, 0, 1}, {0, 1, 2, 3}}));
  const auto three = cluster_heads(measured, {.layer_heads = {3}}).value();
  EXPECT_EQ(three[0], (std::vector<int>{0, 1, 0, 2}));
}

TEST(ClusterHeads, OfEqualDistancesTheLowestHeadsJoin) {
  const auto measured = of_shares({{0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.5}});
  EXPECT_EQ(cluster_heads(measured, {.kv_heads = 7}).value(),
            (HeadTables{{0, 0, 1, 2}, {0, 1, 2, 3}}));
}

TEST(ClusterHeads, RefusesBudgetsThatCannotBe) {
  const auto measured = of_shares({{0.9, 0.1}, {0.9, 0.1}});
  const MergeBudget budgets[] = {{},
                                 {.kv_heads = 1},
                                 {.kv_heads = 5},
                                 {.kv_heads = -1},
                                 {.layer_heads = {0}},
                                 {.layer_heads = {3}},
                                 {.layer_heads = {1, 1, 1}},
                                 {.distance = 2.0},
                                 {.kv_heads = 2, .distance = 0.5}};
  for (const MergeBudget& budget : budgets) EXPECT_FALSE(cluster_heads(measured, budget));
}

TEST(NeighbouringHeads, AreGqa) {
  EXPECT_EQ(neighbouring_heads(2, 4, {.layer_heads = {2}}).value(),
            (HeadTables{{0, 0, 1, 1}, {0, 0, 1, 1}}));
  EXPECT_EQ(neighbouring_heads(2, 4, {.kv_heads = 5}).value(),
            (HeadTables{{0, 0, 1, 2}, {0, 0, 1, 1}}));
  EXPECT_FALSE(neighbouring_heads(2, 4, {.distance = 0.5}));
}

}  // namespace
}  // namespace sage
