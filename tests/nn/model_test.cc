// What the attention family does not cover: the other options of a config, types, outputs.
#include "nn/model.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models.h"
#include "reference.h"

namespace sage::test {
namespace {

// Rounding of f32 sums, which the scalar kernels take in one sequence: 1.1e-5 was seen there, less
// with vectors.
constexpr double kModelBound = 2e-5;

TEST(Model, EveryOptionAgreesWithTheReference) {
  for (const bool ff_banks : {false, true})
    for (const bool tied : {false, true})
      for (const Activation activation : {Activation::kSwiGlu, Activation::kGelu}) {
        auto config = small_config();
        config.ff_banks = ff_banks;
        config.tied = tied;
        config.activation = activation;
        const auto weights = random_weights(config);
        const auto ids = random_ids(config, 70);
        const Model model(weights);
        const auto logits = prefill(model, ids);
        EXPECT_LT(largest_difference(logits, reference_logits(*weights, ids)), kModelBound);
        EXPECT_EQ(logits, step(model, ids));
      }
}

TEST(Model, NarrowWeightsAreComputedWithAsExactly) {
  const auto config = small_config();
  const auto ids = random_ids(config, 70);
  const auto weights = random_weights(config, WeightType::kBf16);
  const auto expected = reference_logits(*weights, ids);
  for (const KernelTable* kernels : supported_kernels())
    EXPECT_LT(largest_difference(prefill(Model(weights, *kernels), ids), expected), kModelBound);
}

/// Root mean square difference over root mean square.
double relative_error(const std::vector<float>& got, const std::vector<float>& exact) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference += std::pow(static_cast<double>(got[i] - exact[i]), 2);
    size += std::pow(static_cast<double>(exact[i]), 2);
  }
  return std::sqrt(difference / size);
}

TEST(Model, Int8IsNearTheReferenceAndNearerToTheScalarEngine) {
  const auto config = small_config();
  const auto ids = random_ids(config, 70);
  const auto weights = random_weights(config, WeightType::kI8);
  const auto reference = reference_logits(*weights, ids);
  const std::vector<float> expected(reference.begin(), reference.end());
  const KvCacheOptions cache = {.type = DType::kI8};
  const auto scalar = prefill(Model(weights, *kernels_registry().front()), ids, cache);
  for (const KernelTable* kernels : supported_kernels()) {
    // Activations are rounded to 1/127 of the largest; a rounding that falls the other way is rare.
    const auto logits = prefill(Model(weights, *kernels), ids, cache);
    EXPECT_LT(relative_error(logits, expected), 0.06) << kernels->name;
    EXPECT_LT(relative_error(logits, scalar), 0.006) << kernels->name;
  }
}

TEST(Model, Int4IsNearTheReferenceAndNearerToTheScalarEngine) {
  const auto config = small_config();
  const auto ids = random_ids(config, 70);
  const auto weights = random_weights(config, WeightType::kI4);
  const auto reference = reference_logits(*weights, ids);
  const std::vector<float> expected(reference.begin(), reference.end());
  const auto scalar = prefill(Model(weights, *kernels_registry().front()), ids);
  for (const KernelTable* kernels : supported_kernels()) {
    const Model model(weights, *kernels);
    const auto logits = prefill(model, ids);
    EXPECT_LT(relative_error(logits, expected), 0.06) << kernels->name;
    EXPECT_LT(relative_error(logits, scalar), 0.006) << kernels->name;
    EXPECT_EQ(logits, step(model, ids)) << kernels->name;
    EXPECT_EQ(logits, prefill(model, ids, {}, {.threads = 3})) << kernels->name;
  }
}

TEST(Model, NarrowTypesCostWhatTheirPrecisionSays) {
  auto config = shape_config("tiny").value();
  config.d_model = 128;
  config.d_ff = 352;
  config.vocab_size = 61;
  config.attributes = 5;
  config.token_attributes = small_config().token_attributes;
  const auto ids = random_ids(config, 100);
  const auto exact = prefill(Model(random_weights(config)), ids);
  const auto error = [&](WeightType weights, DType cache) {
    return relative_error(prefill(Model(random_weights(config, weights)), ids, {.type = cache}),
                          exact);
  };
  // bfloat16 rounds by 2^-8 relative at most, int8 rows by about 1 % of a weight's deviation.
  EXPECT_LT(error(WeightType::kF32, DType::kBf16), 0.005);
  EXPECT_LT(error(WeightType::kBf16, DType::kF32), 0.01);
  EXPECT_LT(error(WeightType::kBf16, DType::kBf16), 0.01);
  EXPECT_LT(error(WeightType::kF32, DType::kI8), 0.02);
  EXPECT_LT(error(WeightType::kI8, DType::kF32), 0.05);
  EXPECT_LT(error(WeightType::kI8, DType::kI8), 0.05);
  EXPECT_GT(error(WeightType::kI8, DType::kF32), 0.0005);  // it is not f32 in disguise
  // int4 groups: steps of a sixteenth of a group's range, some 8 % of a weight's deviation.
  EXPECT_LT(error(WeightType::kI4, DType::kF32), 0.3);
  EXPECT_GT(error(WeightType::kI4, DType::kF32), error(WeightType::kI8, DType::kF32));
}

TEST(Model, LogitsOfRangesAreThoseOfTheVocabulary) {
  const auto config = small_config();
  const Model model(random_weights(config));
  KvCache cache(config);
  Workspace workspace(config, {.threads = 2});
  model.forward(random_ids(config, 20), cache, workspace);
  std::vector<float> all(static_cast<std::size_t>(config.vocab_size));
  model.logits(workspace, all);
  const RowRange ranges[] = {{3, 4}, {10, 23}, {0, 1}, {60, 61}, {5, 5}};
  std::vector<float> some(16), expected;
  model.logits(workspace, ranges, some);
  for (const RowRange& range : ranges)
    expected.insert(expected.end(), all.begin() + range.begin, all.begin() + range.end);
  EXPECT_EQ(some, expected);
}

TEST(Model, ForwardLeavesTheLastStateOfALongPrompt) {
  const auto config = small_config();
  const Model model(random_weights(config));
  const auto ids = random_ids(config, 100);
  const auto all = prefill(model, ids);
  KvCache cache(config);
  Workspace workspace(config);
  model.forward(ids, cache, workspace);
  EXPECT_EQ(workspace.hidden().size(), 40u);
  std::vector<float> last(static_cast<std::size_t>(config.vocab_size));
  model.logits(workspace, last);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), all.end() - config.vocab_size));
}

}  // namespace
}  // namespace sage::test
