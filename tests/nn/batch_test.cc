// Several sequences in one pass, and several steps kept: each as if it were alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "models.h"

namespace sage::test {
namespace {

std::vector<float> logits_of(const Model& model, Workspace& workspace) {
  std::vector<float> out(static_cast<std::size_t>(model.config().vocab_size));
  model.logits(workspace, out);
  return out;
}

class Batch : public testing::TestWithParam<std::string> {};

TEST_P(Batch, SequencesGoOnWithTheSameBitsAsAlone) {
  const ModelConfig config = small_config(GetParam());
  constexpr int kSequences = 5, kSteps = 20;
  for (const WeightType type : {WeightType::kF32, WeightType::kI8, WeightType::kI4})
    for (const int threads : {1, 3}) {
      const Model model(random_weights(config, type));
      Workspace together(config, {.threads = threads}), alone(config);
      const KvCacheOptions options = {.type = cache_type_for(type)};
      std::vector<KvCache> caches, own;
      std::vector<std::vector<std::int32_t>> ids;
      for (int i = 0; i < kSequences; ++i) {
        // Prompts of different lengths, one behind several pages and one empty.
        const int prompt = i == 0 ? 0 : i == 1 ? 3 * kPageTokens : 17 * i;
        ids.push_back(random_ids(config, prompt + kSteps, static_cast<std::uint64_t>(i + 1)));
        for (auto* list : {&caches, &own}) {
          KvCache& cache = list->emplace_back(config, options);
          model.forward(std::span(ids.back()).first(static_cast<std::size_t>(prompt)), cache,
                        alone);
        }
      }
      std::vector<KvCache*> pointers;
      for (KvCache& cache : caches) pointers.push_back(&cache);
      for (int step = 0; step < kSteps; ++step) {
        std::vector<std::int32_t> next;
        for (const auto& list : ids)
          next.push_back(list[list.size() - static_cast<std::size_t>(kSteps - step)]);
        model.forward_batch(next, pointers, together);
        for (int i = 0; i < kSequences; ++i) {
          const auto n = static_cast<std::size_t>(i);
          model.forward(std::span(next).subspan(n, 1), own[n], alone);
          model.select(together, i);
          ASSERT_EQ(logits_of(model, together), logits_of(model, alone))
              << "sequence " << i << ", step " << step << ", " << threads << " threads";
        }
      }
    }
}

TEST_P(Batch, SlidingWindowsAndSinksAreEachSequencesOwn) {
  ModelConfig config = small_config(GetParam());
  config.window = config.context = 70;
  const Model model(random_weights(config));
  Workspace together(config), alone(config);
  std::vector<KvCache> caches, own;
  for (const int prompt : {5, 60, 150}) {
    const auto ids = random_ids(config, prompt);
    for (auto* list : {&caches, &own}) {
      list->emplace_back(config);
      model.forward(ids, list->back(), alone);
    }
  }
  std::vector<KvCache*> pointers;
  for (KvCache& cache : caches) pointers.push_back(&cache);
  for (int step = 0; step < 30; ++step) {
    const auto next = random_ids(config, 3, static_cast<std::uint64_t>(step + 7));
    model.forward_batch(next, pointers, together);
    for (std::size_t i = 0; i < own.size(); ++i) {
      model.forward(std::span(next).subspan(i, 1), own[i], alone);
      model.select(together, static_cast<int>(i));
      ASSERT_EQ(logits_of(model, together), logits_of(model, alone)) << i << ", step " << step;
    }
  }
}

TEST_P(Batch, NeighboursMayBelongToOneSequence) {
  const ModelConfig config = small_config(GetParam());
  const Model model(random_weights(config));
  const auto ids = random_ids(config, 40);
  KvCache first(config), second(config);
  Workspace workspace(config);
  const std::vector<KvCache*> caches = {&first, &first, &first, &first, &second, &second};
  for (int round = 0; round < 2; ++round) {  // four steps and two, then the next ones
    const auto at = ids.begin() + 4 * round, other = ids.begin() + 20 + 2 * round;
    std::vector<std::int32_t> both(at, at + 4);
    both.insert(both.end(), other, other + 2);
    model.forward_batch(both, caches, workspace);
  }
  const auto all = std::span(ids);
  for (const auto& [sequence, last] : {std::pair{all.first(8), 3}, {all.subspan(20, 4), 5}}) {
    const auto expected = step(model, sequence);
    model.select(workspace, last);
    EXPECT_EQ(logits_of(model, workspace),
              std::vector<float>(expected.end() - config.vocab_size, expected.end()));
  }
}

TEST_P(Batch, EveryStepOfABlockCanBeSelected) {
  const ModelConfig config = small_config(GetParam());
  const Model model(random_weights(config));
  const auto ids = random_ids(config, 9);
  KvCache cache(config);
  Workspace workspace(config);
  model.forward_steps(ids, cache, workspace);
  const auto expected = step(model, ids);
  for (int i : {8, 0, 3}) {
    model.select(workspace, i);
    const auto begin = expected.begin() + i * config.vocab_size;
    EXPECT_EQ(logits_of(model, workspace), std::vector<float>(begin, begin + config.vocab_size));
  }
}

INSTANTIATE_TEST_SUITE_P(Members, Batch,
                         testing::Values("mha", "mqa", "as-kvhs", "as-kvhs-masked",
                                         "as-kvhs-merged"),
                         [](const auto& name) {
                           std::string text = name.param;
                           std::replace(text.begin(), text.end(), '-', '_');
                           return text;
                         });

}  // namespace
}  // namespace sage::test
