// Steps of several fields: every output against the reference, in prefill and decoding, in every
// type.
#include <gtest/gtest.h>

#include <algorithm>

#include "models.h"
#include "reference.h"

namespace sage::test {
namespace {

constexpr double kOutputBound = 2e-5;  // see model_test.cc

class Output : public testing::TestWithParam<const OutputFamily*> {
 protected:
  ModelConfig config_ = small_output_config(*GetParam());
  std::size_t fields_ = static_cast<std::size_t>(config_.fields);
  std::size_t size_ = static_cast<std::size_t>(config_.vocab_size);
  // One step more than is read: the one that follows the last.
  std::vector<std::int32_t> ids_ = random_ids(config_, 71 * config_.fields);
  std::span<const std::int32_t> read_ = std::span(ids_).first(ids_.size() - fields_);
  std::span<const std::int32_t> next_ = std::span(ids_).subspan(fields_);

  std::vector<float> all_logits(const Model& model, DType cache_type, int threads) const {
    std::vector<float> out(read_.size() * size_);
    KvCache cache(model.config(), {.type = cache_type});
    Workspace workspace(model.config(), {.threads = threads});
    model.forward_all(read_, cache, workspace, out, next_);
    return out;
  }
  /// The same, step by step and field by field.
  std::vector<float> decoded(const Model& model, DType cache_type) const {
    std::vector<float> out(read_.size() * size_);
    KvCache cache(model.config(), {.type = cache_type});
    Workspace workspace(model.config());
    const RowRange everything = {0, config_.vocab_size};
    for (std::size_t i = 0; i < read_.size(); i += fields_) {
      model.forward(read_.subspan(i, fields_), cache, workspace);
      for (std::size_t field = 0; field < fields_; ++field)
        model.field_logits(workspace, static_cast<int>(field), next_.subspan(i, field),
                           {&everything, 1}, std::span(out).subspan((i + field) * size_, size_));
    }
    return out;
  }
};

TEST_P(Output, AgreesWithTheReference) {
  for (const Activation activation : {Activation::kSwiGlu, Activation::kGelu})
    for (const bool tied : {false, true}) {
      config_.activation = activation;
      config_.tied = tied;
      config_.ff_banks = tied;
      const auto weights = random_weights(config_);
      const auto expected = reference_logits(*weights, read_, 0, next_);
      for (const KernelTable* kernels : supported_kernels())
        EXPECT_LT(
            largest_difference(all_logits(Model(weights, *kernels), DType::kF32, 1), expected),
            kOutputBound)
            << kernels->name;
    }
}

TEST_P(Output, PrefillAndDecodingAgreeToTheBitInEveryTypeAndWithThreads) {
  for (const DType type : {DType::kF32, DType::kBf16, DType::kI8}) {
    const Model model(random_weights(config_, type));
    const auto one = all_logits(model, type, 1);
    EXPECT_EQ(one, all_logits(model, type, 3)) << to_string(type);
    EXPECT_EQ(one, decoded(model, type)) << to_string(type);
  }
}

TEST_P(Output, Int8IsNearTheReference) {
  const auto weights = random_weights(config_, DType::kI8);
  const auto expected = reference_logits(*weights, read_, 0, next_);
  const auto logits = all_logits(Model(weights), DType::kI8, 1);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    difference += std::pow(logits[i] - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  EXPECT_LT(std::sqrt(difference / size), 0.06);
}

// What the members promise of their heads: only a chained one listens to the step being written.
TEST_P(Output, OnlyAChainedHeadHearsTheFieldsBeforeIt) {
  const Model model(random_weights(config_));
  KvCache cache(config_);
  Workspace workspace(config_);
  model.forward(read_, cache, workspace);
  const RowRange everything = {0, config_.vocab_size};
  std::vector<std::vector<float>> logits;
  const int last = config_.fields - 1;
  for (const std::int32_t first : {5, 6}) {
    const std::vector<std::int32_t> chosen(static_cast<std::size_t>(last), first);
    model.field_logits(workspace, last, chosen, {&everything, 1}, logits.emplace_back(size_));
  }
  EXPECT_EQ(logits[0] != logits[1], GetParam()->spec().chained);
}

INSTANTIATE_TEST_SUITE_P(Registry, Output,
                         testing::ValuesIn(output_registry().begin(), output_registry().end()),
                         [](const auto& test) { return std::string(test.param->name()); });

}  // namespace
}  // namespace sage::test
