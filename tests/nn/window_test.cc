// Endless play: what the sliding window keeps, forgets and can take back.
#include <gtest/gtest.h>

#include "models.h"
#include "reference.h"

namespace sage::test {
namespace {

TEST(Window, MemoryStaysBoundedOverEndlessPlay) {
  auto config = small_config();
  config.window = 100;
  const Model model(random_weights(config));
  KvCache cache(config, {.rollback = 50});
  Workspace workspace(config);
  const auto ids = random_ids(config, 500);
  std::size_t largest = 0;
  for (int round = 0; round < 20; ++round) {
    model.forward(ids, cache, workspace);
    if (round == 1) largest = cache.bytes();
    if (round > 1) {
      EXPECT_LE(cache.bytes(), largest + cache.bytes_per_token() * 2 * kPageTokens);
    }
  }
  EXPECT_EQ(cache.length(), 10'000);
}

TEST(Window, ASmallerCapacityIsASmallerWindow) {
  const auto config = small_config();
  const auto weights = random_weights(config);
  const auto ids = random_ids(config, 200);
  const auto logits = prefill(Model(weights), ids, {.capacity = 30});
  EXPECT_LT(largest_difference(logits, reference_logits(*weights, ids, 30)), 1e-5);
}

TEST(Window, AfterSlidingOnlyTheRecentCanBeTakenBack) {
  for (const char* attention : {"as-kvhs", "as-kvhs-masked"}) {
    auto config = small_config(attention);
    config.window = 80;
    const Model model(random_weights(config));
    const auto ids = random_ids(config, 1000);
    const auto other = random_ids(config, 300, 2);
    Workspace workspace(config);
    KvCache cache(config, {.rollback = 100});
    model.forward(ids, cache, workspace);
    EXPECT_FALSE(cache.can_truncate(-1));
    EXPECT_FALSE(cache.can_truncate(1001));
    EXPECT_FALSE(cache.can_truncate(500));
    EXPECT_TRUE(cache.can_truncate(0));
    EXPECT_TRUE(cache.can_truncate(1000));
    ASSERT_TRUE(cache.can_truncate(900));
    cache.truncate(900);
    const auto again = prefill(model, other, cache, workspace);

    KvCache fresh(config, {.rollback = 100});
    model.forward(std::span(ids).first(900), fresh, workspace);
    EXPECT_EQ(again, prefill(model, other, fresh, workspace)) << attention;

    cache.truncate(0);
    EXPECT_EQ(cache.bytes(), 0u);
    KvCache empty(config);
    EXPECT_EQ(prefill(model, other, cache, workspace), prefill(model, other, empty, workspace));
  }
}

TEST(Window, AttributesThatAHeadLacksCostItNothing) {
  auto config = small_config("as-kvhs-masked");
  const Model model(random_weights(config));
  // Only tokens of attribute 4, which K/V heads beyond the first share out among themselves.
  std::vector<std::int32_t> ids;
  for (std::int32_t id = 0; ids.size() < 256; id = (id + 1) % config.vocab_size)
    if (config.token_attributes[static_cast<std::size_t>(id)] == 4) ids.push_back(id);
  KvCache cache(config);
  const std::size_t for_every_head = cache.bytes_per_token();
  Workspace workspace(config);
  model.forward(ids, cache, workspace);
  EXPECT_EQ(cache.bytes_per_token(), for_every_head * 2 / 4);  // the first head and one other
  EXPECT_EQ(cache.bytes(), 256 * for_every_head * 2 / 4);
}

}  // namespace
}  // namespace sage::test
