// The page lists of the cache against a list of what every head should hold.
#include "nn/kv_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "models.h"

namespace sage::test {
namespace {

/// Marks each entry with its position, so that a mixed-up page shows.
class MarkedCache {
 public:
  MarkedCache(const ModelConfig& config, const KvCacheOptions& options)
      : MarkedCache(config, KvCache(config, options)) {}
  MarkedCache(const ModelConfig& config, KvCache cache)
      : config_(config), cache_(std::move(cache)) {
    for (int layer = 0; layer < config.layers; ++layer) {
      const AttentionSpec spec = attention_of(config, layer);
      heads_.push_back(spec.kv_heads);
      if (spec.kv_heads == config.kv_heads) keys_ = spec.keys;
    }
  }

  bool has(int layer, int head) const { return head < heads_[static_cast<std::size_t>(layer)]; }

  void append(std::uint8_t attribute) {
    attributes_.push_back(attribute);
    cache_.append(attribute);
    for (int head = 0; head < config_.kv_heads; ++head) {
      const auto visible = cache_.visible(head);
      ASSERT_EQ(visible.kept, holds(head, attributes_.size() - 1));
      if (!visible.kept) continue;
      const auto mark = static_cast<float>(attributes_.size() - 1);
      for (int layer = 0; layer < config_.layers; ++layer) {
        if (!has(layer, head)) continue;
        std::vector<float> row(static_cast<std::size_t>(config_.head_dim()), mark);
        cache_.store(head, layer, visible.high - 1, row.data(), row.data());
      }
    }
  }

  /// The positions that the last token sees, by the marks.
  std::vector<std::size_t> seen(int head, int layer) {
    const auto visible = cache_.visible(head);
    std::vector<std::size_t> positions;
    const auto read = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t entry = begin; entry < end; ++entry) {
        const auto plane = cache_.plane(head, layer, entry);
        const auto slot = entry % kPageTokens;
        std::set<float> marks;
        for (int i = 0; i < config_.head_dim(); ++i) {
          float key = 0, value = 0;
          std::memcpy(&key, plane.keys + panel_offset(DType::kF32, config_.head_dim(), slot, i),
                      sizeof key);
          std::memcpy(&value, plane.values + panel_offset(DType::kF32, kPageTokens, i, slot),
                      sizeof value);
          marks.insert({key, value});
        }
        EXPECT_EQ(marks.size(), 1u);
        positions.push_back(static_cast<std::size_t>(*marks.begin()));
      }
    };
    read(0, visible.sinks);
    read(visible.low, visible.high);
    return positions;
  }

  std::vector<std::size_t> expected(int head) const {
    std::vector<std::size_t> positions;
    const std::size_t last = attributes_.size() - 1;
    for (std::size_t p = 0; p <= last; ++p)
      if (holds(head, p) && (last - p < static_cast<std::size_t>(cache_.window()) ||
                             p < static_cast<std::size_t>(cache_.sinks())))
        positions.push_back(p);
    return positions;
  }

  void truncate(std::int64_t n) {
    cache_.truncate(n);
    attributes_.resize(static_cast<std::size_t>(n));
  }

  MarkedCache fork() const {
    MarkedCache fork(config_, cache_.fork());
    fork.attributes_ = attributes_;
    return fork;
  }

  KvCache& cache() { return cache_; }

 private:
  bool holds(int head, std::size_t position) const {
    return (keys_[static_cast<std::size_t>(head)] >> attributes_[position] & 1) != 0;
  }

  ModelConfig config_;
  std::vector<int> heads_;           // (L): K/V heads
  std::vector<std::uint32_t> keys_;  // of the layer that has the most
  KvCache cache_;
  std::vector<std::uint8_t> attributes_;
};

TEST(KvCache, HoldsWhatItShouldThroughRandomPlay) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    auto config = small_config(seed % 3 == 0 ? "as-kvhs-merged" : "as-kvhs-masked");
    config.window = 2 + static_cast<int>(random.below(300));
    config.sinks = static_cast<int>(random.below(std::min(100u, std::uint32_t(config.window))));
    MarkedCache marked(config, {.rollback = static_cast<int>(random.below(200))});
    for (int block = 0; block < 120; ++block) {
      if (random.below(4) == 0) {
        const std::int64_t length = marked.cache().length();
        const auto n = length - random.below(150);
        if (n >= 0 && marked.cache().can_truncate(n)) marked.truncate(n);
      }
      marked.cache().slide();
      const auto count = 1 + random.below(40);
      // Runs of few attributes make the heads grow unevenly.
      const auto attributes = 1 + random.below(static_cast<std::uint32_t>(config.attributes));
      for (std::uint32_t i = 0; i < count; ++i) {
        marked.append(static_cast<std::uint8_t>(random.below(attributes)));
        for (int head = 0; head < config.kv_heads; ++head)
          if (marked.has(block % config.layers, head))
            ASSERT_EQ(marked.seen(head, block % config.layers), marked.expected(head))
                << "seed " << seed << ", block " << block;
      }
    }
  }
}

/// Random play of a family of caches that fork, go on, are cut back and leave: each holds its own.
TEST(KvCache, ForksShareWhatTheyHaveInCommonAndGoTheirOwnWays) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    auto config = small_config(seed % 3 == 0 ? "as-kvhs-merged" : "as-kvhs-masked");
    config.window = 64 + static_cast<int>(random.below(300));
    config.sinks = static_cast<int>(random.below(20));
    std::vector<MarkedCache> family;
    family.emplace_back(config, KvCacheOptions{});
    for (int block = 0; block < 100; ++block) {
      const auto of = random.below(static_cast<std::uint32_t>(family.size()));
      if (random.below(4) == 0 && family.size() < 6) family.push_back(family[of].fork());
      if (random.below(8) == 0 && family.size() > 1) family.erase(family.begin() + of);
      MarkedCache& cache = family[random.below(static_cast<std::uint32_t>(family.size()))];
      const auto n = cache.cache().length() - random.below(100);
      if (random.below(3) == 0 && n >= 0 && cache.cache().can_truncate(n)) cache.truncate(n);
      cache.cache().slide();
      for (auto count = 1 + random.below(40); count > 0; --count)
        cache.append(
            static_cast<std::uint8_t>(random.below(static_cast<std::uint32_t>(config.attributes))));
      std::size_t apart = 0;
      for (MarkedCache& each : family) {
        apart += each.cache().bytes();
        if (each.cache().length() == 0) continue;
        for (int head = 0; head < config.kv_heads; ++head)
          if (each.has(block % config.layers, head))
            ASSERT_EQ(each.seen(head, block % config.layers), each.expected(head))
                << "seed " << seed << ", block " << block;
      }
      EXPECT_LE(family.front().cache().pool()->bytes(), apart);
    }
    const auto pool = family.front().cache().pool();
    EXPECT_EQ(static_cast<std::size_t>(pool->caches()), family.size());
    family.clear();
    EXPECT_EQ(pool->bytes(), 0u);
    EXPECT_EQ(pool->caches(), 0);
  }
}

TEST(KvCache, AForkCostsWhatItWrites) {
  const auto config = small_config("mqa");
  KvCache cache(config);
  for (int i = 0; i < 2 * kPageTokens + 1; ++i) cache.append(0);
  const std::size_t before = cache.pool()->bytes();
  KvCache fork = cache.fork();
  EXPECT_EQ(cache.pool()->bytes(), before);
  fork.append(0);  // into the last page, which is copied
  EXPECT_EQ(cache.pool()->bytes(), before / 3 * 4);
  cache.append(0);  // which is nobody else's now
  EXPECT_EQ(cache.pool()->bytes(), before / 3 * 4);
}

TEST(KvCache, CostsPagesOfWhatItHolds) {
  const auto config = small_config("mqa");
  KvCache cache(config);
  const std::size_t token =
      (10 + 16) * 3 * 4;  // elements of K and, in whole panels, V; layers; f32
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(cache.bytes_per_token(), token);
  cache.append(0);
  EXPECT_EQ(cache.bytes(), kPageTokens * token);
  EXPECT_EQ(cache.bytes_per_token(), token);
  EXPECT_EQ(KvCache(config, {.type = DType::kBf16}).bytes_per_token(), token / 2);
  EXPECT_EQ(KvCache(config, {.type = DType::kI8}).bytes_per_token(), (12 + 16 + 2 * 4) * 3u);
}

TEST(KvCache, CostsWhatEveryLayerHas) {
  const auto config = small_config("as-kvhs-merged");  // 2, 1 and 3 K/V heads
  KvCache cache(config);
  const std::size_t token = (10 + 16) * 6 * 4;
  EXPECT_EQ(cache.bytes_per_token(), token);
  cache.append(0);
  EXPECT_EQ(cache.bytes(), kPageTokens * token);
  EXPECT_EQ(cache.fork().bytes(), cache.bytes());
}

}  // namespace
}  // namespace sage::test
