// Merged models: equal heads change nothing, others take the mean.
#include "heads/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "generate/generator.h"
#include "heads/meter.h"
#include "nn/models.h"
#include "planted.h"

namespace sage {
namespace {

const HeadTables kTables = {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 1, 2, 1}};

/// An mha model whose heads have equal K and V wherever the tables put them together.
std::shared_ptr<const Weights> with_equal_heads(const HeadTables& tables) {
  const auto random = test::random_weights(test::small_config("mha"));
  std::vector<TensorView> views(random->tensors().begin(), random->tensors().end());
  std::vector<std::vector<std::uint8_t>> data(views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    data[i].assign(views[i].bytes.begin(), views[i].bytes.end());
    for (std::size_t layer = 0; layer < tables.size(); ++layer)
      for (const char* name : {".attn.k.weight", ".attn.v.weight"}) {
        if (views[i].name != "layers." + std::to_string(layer) + name) continue;
        const std::size_t size = data[i].size() / tables[layer].size();
        for (std::size_t head = 0; head < tables[layer].size(); ++head) {
          const auto from = static_cast<std::size_t>(
              std::find(tables[layer].begin(), tables[layer].end(), tables[layer][head]) -
              tables[layer].begin());
          std::memmove(&data[i][head * size], &data[i][from * size], size);
        }
      }
    views[i].bytes = data[i];
  }
  return Weights::copy_of(random->config(), random->metadata(), views).value();
}

TEST(MergeHeads, EqualHeadsMergeWithoutAnyChange) {
  const auto mha = with_equal_heads(kTables);
  const auto merged = merge_heads(*mha, kTables, "test");
  ASSERT_TRUE(merged) << to_string(merged.error());
  EXPECT_EQ((*merged)->config().attention, "as-kvhs-merged");
  EXPECT_EQ((*merged)->config().kv_groups, kTables);
  EXPECT_EQ((*merged)->config().kv_heads, 3);
  const auto ids = test::random_ids(mha->config(), 150);
  const auto before = test::prefill(Model(mha), ids), after = test::prefill(Model(*merged), ids);
  EXPECT_LT(test::largest_difference(before, after), 1e-6);
  EXPECT_EQ(2 * KvCache((*merged)->config()).bytes_per_token(),
            KvCache(mha->config()).bytes_per_token());  // 6 of 12 heads
  EXPECT_LT((*merged)->bytes(), mha->bytes());
}

TEST(MergeHeads, OthersTakeTheMeanOfTheirKeysAndValues) {
  const auto mha = test::random_weights(test::small_config("mha"));
  const auto merged = merge_heads(*mha, kTables, "test").value();
  for (const bool keys : {true, false}) {
    const Linear& from = keys ? mha->layer(2).k : mha->layer(2).v;
    const Linear& to = keys ? merged->layer(2).k : merged->layer(2).v;
    ASSERT_EQ(to.out, 30);
    for (int row = 0; row < 10; ++row)
      for (int i = 0; i < 40; ++i) {
        const auto at = [&](const Linear& linear, int head) {
          return static_cast<const float*>(linear.rows(0, head * 10 + row))[i];
        };
        EXPECT_EQ(at(to, 0), at(from, 0));
        EXPECT_EQ(at(to, 2), at(from, 2));
        EXPECT_NEAR(at(to, 1), (at(from, 1) + at(from, 3)) / 2, 1e-7);
      }
  }
  EXPECT_TRUE(
      nlohmann::json::parse(merged->metadata().at(std::string(kTrainingKey))).contains("merged"));
}

TEST(MergeHeads, KeepsTheTypeOfItsWeights) {
  for (const WeightType type : {WeightType::kBf16, WeightType::kI8}) {
    const auto merged =
        merge_heads(*test::random_weights(test::small_config("mha"), type), kTables, "test");
    ASSERT_TRUE(merged);
    EXPECT_EQ((*merged)->type(), type);
  }
}

TEST(MergeHeads, RefusesWhatCannotBeMerged) {
  const auto mha = test::random_weights(test::small_config("mha"));
  EXPECT_FALSE(merge_heads(*test::random_weights(test::small_config("gqa")), kTables, ""));
  for (const HeadTables& tables :
       {HeadTables{}, HeadTables{{0, 1, 0, 1}}, HeadTables{{0, 1, 0}, {0, 0, 0}, {0, 1, 1}},
        HeadTables{{0, 2, 0, 2}, {0, 0, 0, 0}, {0, 1, 2, 1}},
        HeadTables{{0, -1, 0, 0}, {0, 0, 0, 0}, {0, 1, 2, 1}}})
    EXPECT_FALSE(merge_heads(*mha, tables, ""));
  HeadMeasurement other;
  other.layers = 2;
  EXPECT_FALSE(check_measured(other, *mha));
}

TEST(MergeHeads, WhatAttendsAlikeComesTogetherAndStillPlays) {
  const auto engine = test::planted_engine({3, 5, 3, -1});
  HeadMeter meter(*engine);
  meter.add(engine->tokenizer().encode(test::small_song()).value());
  const HeadMeasurement measured = meter.result();
  ASSERT_TRUE(check_measured(measured, engine->weights()));
  const auto tables = cluster_heads(measured, {.kv_heads = 3}).value();
  EXPECT_EQ(tables, (HeadTables{{0, 1, 0, 2}}));
  const auto merged = Engine::create(engine->tokenizer(),
                                     merge_heads(engine->weights(), tables, "measured").value());
  ASSERT_TRUE(merged) << to_string(merged.error());
  auto generator = Generator::create(*merged, {.bars = 2, .max_notes = 20, .seed = 1});
  ASSERT_TRUE(generator) << to_string(generator.error());
  while (generator->next().type != ReadEvent::Type::kEnd) continue;
  EXPECT_GT(generator->tokens().size(), 3u);
}

}  // namespace
}  // namespace sage
