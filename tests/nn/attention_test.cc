// Every member of the attention family, on every instruction set, against the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "models.h"
#include "nn/attention_observer.h"
#include "reference.h"

namespace sage::test {
namespace {

constexpr int kTokens = 150;     // more than two pages, and not whole blocks
constexpr double kBound = 2e-5;  // see model_test.cc

constexpr DType kTypes[] = {DType::kF32, DType::kBf16, DType::kI8};

class Attention : public testing::TestWithParam<const AttentionFamily*> {
 protected:
  std::string name() const { return std::string(GetParam()->name()); }
};

TEST_P(Attention, AgreesWithTheReference) {
  const auto config = small_config(name());
  const auto weights = random_weights(config);
  const auto ids = random_ids(config, kTokens);
  const auto expected = reference_logits(*weights, ids);
  for (const KernelTable* kernels : supported_kernels()) {
    const Model model(weights, *kernels);
    EXPECT_LT(largest_difference(prefill(model, ids), expected), kBound) << kernels->name;
  }
}

TEST_P(Attention, StepByStepIsPrefillBitForBit) {
  const auto config = small_config(name());
  const auto ids = random_ids(config, kTokens);
  for (const DType type : kTypes)
    for (const KernelTable* kernels : supported_kernels()) {
      const Model model(random_weights(config, type), *kernels);
      const KvCacheOptions cache = {.type = type};
      const auto steps = step(model, ids, cache);
      EXPECT_EQ(steps, prefill(model, ids, cache)) << kernels->name;
      EXPECT_EQ(steps, prefill(model, ids, cache, {.block = 7})) << kernels->name;
      EXPECT_EQ(steps, prefill(model, ids, cache, {.block = 256})) << kernels->name;
    }
}

TEST_P(Attention, AnyNumberOfThreadsGivesTheSameBits) {
  auto config = small_config(name());
  config.window = 100;  // slides, too
  const auto ids = random_ids(config, kTokens);
  for (const auto& [type, threads] :
       {std::pair(DType::kF32, 3), std::pair(DType::kBf16, 2), std::pair(DType::kI8, 2)}) {
    const Model model(random_weights(config, type));
    const KvCacheOptions cache = {.type = type};
    const auto one = prefill(model, ids, cache);
    EXPECT_EQ(one, prefill(model, ids, cache, {.threads = threads}));
    EXPECT_EQ(one, step(model, ids, cache, {.threads = threads}));
  }
}

TEST_P(Attention, SlidesItsWindowLikeTheReference) {
  auto config = small_config(name());
  for (const int window : {5, 40, 70}) {
    config.window = window;
    config.sinks = window == 70 ? 0 : 4;
    const auto weights = random_weights(config);
    const auto ids = random_ids(config, 400);
    const Model model(weights);
    const KvCacheOptions options = {.rollback = 0};
    const auto expected = reference_logits(*weights, ids);
    const auto slid = prefill(model, ids, options);
    EXPECT_LT(largest_difference(slid, expected), kBound) << window;
    EXPECT_EQ(slid, step(model, ids, options));
    EXPECT_EQ(slid, prefill(model, ids, options, {.threads = 2}));
  }
}

TEST_P(Attention, TakingBackAndPlayingAgainIsPlayingAfresh) {
  auto config = small_config(name());
  const Model model(random_weights(config));
  const auto ids = random_ids(config, 200);
  const auto other = random_ids(config, 90, 2);
  for (const int kept : {0, 1, 63, 64, 65, 130, 200}) {
    KvCache cache(config);
    Workspace workspace(config);
    model.forward(ids, cache, workspace);
    ASSERT_TRUE(cache.can_truncate(kept));
    cache.truncate(kept);
    EXPECT_EQ(cache.length(), kept);
    const auto again = prefill(model, other, cache, workspace);

    KvCache fresh(config);
    model.forward(std::span(ids).first(static_cast<std::size_t>(kept)), fresh, workspace);
    EXPECT_EQ(again, prefill(model, other, fresh, workspace)) << kept;
  }
}

TEST_P(Attention, AForkGoesItsOwnWay) {
  auto config = small_config(name());
  config.window = 100;
  const Model model(random_weights(config));
  const auto ids = random_ids(config, 600);
  const auto left = random_ids(config, 100, 2), right = random_ids(config, 100, 3);
  Workspace workspace(config);
  KvCache cache(config);
  model.forward(ids, cache, workspace);
  KvCache fork = cache.fork();
  EXPECT_EQ(fork.length(), cache.length());
  EXPECT_EQ(fork.bytes(), cache.bytes());
  const auto of_fork = prefill(model, left, fork, workspace);
  const auto of_original = prefill(model, right, cache, workspace);
  for (const auto* next : {&left, &right}) {
    KvCache fresh(config);
    model.forward(ids, fresh, workspace);
    EXPECT_EQ(prefill(model, *next, fresh, workspace), next == &left ? of_fork : of_original);
  }
}

/// What an observer is shown, in the order of reference_attention().
class Shown final : public AttentionObserver {
 public:
  Shown(const ModelConfig& config, std::size_t tokens)
      : heads_(static_cast<std::size_t>(config.heads)),
        tokens_(tokens),
        all(static_cast<std::size_t>(config.layers) * tokens * heads_) {}

  void attended(int layer, int head, std::int64_t position,
                std::span<const double> probabilities) noexcept override {
    const auto token = static_cast<std::size_t>(layer) * tokens_ + std::size_t(position);
    all[token * heads_ + std::size_t(head)].assign(probabilities.begin(), probabilities.end());
  }

 private:
  std::size_t heads_, tokens_;

 public:
  std::vector<std::vector<double>> all;
};

TEST_P(Attention, ShowsAnObserverWhatTheReferenceHas) {
  const auto config = small_config(name());
  const auto weights = random_weights(config);
  const auto ids = random_ids(config, kTokens);
  const auto expected = reference_attention(*weights, ids);
  const Model model(weights);
  for (const int block : {1, 32}) {
    KvCache cache(config);
    Workspace workspace(config, {.block = block});
    Shown shown(config, ids.size());
    model.observe(ids, cache, workspace, shown);
    ASSERT_EQ(shown.all.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_LT(largest_difference(shown.all[i], expected[i]), 1e-5) << i;
    // Nothing else changed by it.
    std::vector<float> logits(static_cast<std::size_t>(config.vocab_size));
    model.logits(workspace, logits);
    const auto plain = prefill(model, ids);
    EXPECT_TRUE(std::equal(logits.begin(), logits.end(), plain.end() - config.vocab_size));
  }
}

INSTANTIATE_TEST_SUITE_P(Family, Attention,
                         testing::ValuesIn(attention_registry().begin(),
                                           attention_registry().end()),
                         [](const auto& family) {
                           std::string name(family.param->name());
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

}  // namespace
}  // namespace sage::test
