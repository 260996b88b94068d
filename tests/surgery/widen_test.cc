// A wider model has the logits of the narrow one until it is trained.
#include "surgery/widen.h"

#include <gtest/gtest.h>

#include "nn/models.h"

namespace sage::test {
namespace {

constexpr float kRounding = 2e-4f;  // of logits of about 1

/// The logits of every field after every step but the last.
std::vector<float> logits(const Model& model, const std::vector<std::int32_t>& ids) {
  const auto fields = static_cast<std::size_t>(model.config().fields);
  const auto read = std::span(ids).first(ids.size() - fields);
  std::vector<float> out(read.size() * static_cast<std::size_t>(model.config().vocab_size));
  KvCache cache(model.config(), {});
  Workspace workspace(model.config(), {});
  model.forward_all(read, cache, workspace, out, std::span(ids).subspan(fields));
  return out;
}

void expect_same_logits(const ModelConfig& config, int d_model, int d_ff) {
  const auto weights = random_weights(config);
  const auto ids = random_ids(config, 40 * config.fields);
  const auto wider = widen(*weights, d_model, d_ff, 1);
  ASSERT_TRUE(wider) << wider.error().message;
  EXPECT_EQ((*wider)->config().d_model, d_model);
  EXPECT_EQ((*wider)->config().head_dim(), config.head_dim());
  EXPECT_EQ((*wider)->config().d_ff, d_ff);
  EXPECT_LT(largest_difference(logits(Model(weights), ids), logits(Model(*wider), ids)), kRounding)
      << config.attention << ", " << config.output;
}

TEST(Widen, NewWidthChangesNoLogit) {
  for (const char* attention : {"mha", "gqa", "mqa", "as-kvhs", "as-kvhs-query", "as-kvhs-all"})
    expect_same_logits(small_config(attention), 60, 70);
  ModelConfig gqa = small_config("gqa");
  gqa.kv_heads = 2;  // the old heads of the second are further back
  expect_same_logits(gqa, 80, 51);
  ModelConfig banked = small_config("as-kvhs");
  banked.ff_banks = true;
  banked.tied = false;
  banked.activation = Activation::kGelu;
  expect_same_logits(banked, 50, 60);
}

TEST(Widen, NorOfCompoundSteps) {
  for (const OutputFamily* output : output_registry())
    expect_same_logits(small_output_config(*output), 60, 70);
}

TEST(Widen, TakesWeightsOfEveryType) {
  const auto narrow = random_weights(small_config(), WeightType::kI8);
  const auto ids = random_ids(narrow->config(), 20);
  const auto wider = widen(*narrow, 60, 51, 1);
  ASSERT_TRUE(wider);
  EXPECT_EQ((*wider)->type(), WeightType::kF32);
  EXPECT_LT(largest_difference(prefill(Model(narrow->convert(WeightType::kF32)), ids),
                               prefill(Model(*wider), ids)),
            kRounding);
}

TEST(Widen, NewElementsReadAtRandomAndWriteNothing) {
  const auto weights = random_weights(small_config());
  const auto one = widen(*weights, 80, 102, 1), same = widen(*weights, 80, 102, 1),
             other = widen(*weights, 80, 102, 2);
  ASSERT_TRUE(one && same && other);
  const auto at = [](const Linear& linear, std::int64_t row, std::int64_t column) {
    return static_cast<const float*>(linear.data)[row * linear.in + column];
  };
  const Weights::Layer &a = (*one)->layer(1), &b = (*other)->layer(1);
  EXPECT_EQ(at(a.q, 5, 3), at(b.q, 5, 3));  // old
  EXPECT_NE(at(a.q, 5, 50), 0);
  EXPECT_NE(at(a.q, 5, 50), at(b.q, 5, 50));
  EXPECT_EQ(at(a.q, 5, 50), at((*same)->layer(1).q, 5, 50));
  EXPECT_NE(at(a.up, 60, 3), at(a.up, 61, 3));
  EXPECT_EQ(at(a.down, 3, 60), 0);  // from a new element of the feed-forward
  EXPECT_EQ(at(a.o, 50, 3), 0);     // into a new one of the stream
  EXPECT_EQ(at((*one)->embed(), 7, 50), 0);
}

TEST(Widen, RefusesWhatFindsNoPlace) {
  const auto weights = random_weights(small_config());
  EXPECT_FALSE(widen(*weights, 30, 51, 1));  // narrower
  EXPECT_FALSE(widen(*weights, 40, 50, 1));
  EXPECT_FALSE(widen(*weights, 45, 51, 1));  // no whole heads
  EXPECT_FALSE(widen(*weights, 1 << 20, 51, 1));
  EXPECT_FALSE(widen(*random_weights(small_config("as-kvhs-merged")), 60, 51, 1));
}

}  // namespace
}  // namespace sage::test
