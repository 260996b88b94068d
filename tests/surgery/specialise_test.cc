// A specialised model has the logits of the shared one until it is trained.
#include "surgery/specialise.h"

#include <gtest/gtest.h>

#include "nn/models.h"

namespace sage::test {
namespace {

ModelConfig shared_by(std::string attention, int kv_heads) {
  ModelConfig config = small_config();
  config.attention = std::move(attention);
  config.kv_heads = kv_heads;
  return config;
}

struct Step {
  const char* before;
  int heads_before;
  Specialisation wanted;
};

TEST(Specialise, ChangesNoLogit) {
  const int heads = small_config().heads;
  const Step steps[] = {
      {"mqa", 1, {"as-kvhs"}},
      {"mqa", 1, {"as-kvhs-query"}},
      {"mqa", 1, {"as-kvhs-all"}},
      {"as-kvhs", 1, {"as-kvhs-all"}},
      {"as-kvhs-query", 1, {"as-kvhs-all"}},
      {"as-kvhs", 1, {"as-kvhs-all", 2}},
      {"as-kvhs", 1, {"as-kvhs", 2}},
      {"mqa", 1, {"gqa", 2}},
      {"gqa", 2, {"as-kvhs", 2}},
      {"mqa", 1, {"mha", heads, true}},
      {"mqa", 1, {"mha"}},
      {"as-kvhs", 1, {"as-kvhs", 1, true}},
      {"as-kvhs", 1, {"as-kvhs"}},
  };
  for (const Step& step : steps)
    for (const WeightType type :
         {WeightType::kF32, WeightType::kBf16, WeightType::kI8, WeightType::kI4}) {
      SCOPED_TRACE(std::string(step.before) + " as " + std::string(step.wanted.attention));
      const auto weights = random_weights(shared_by(step.before, step.heads_before), type);
      const auto made = specialise(*weights, step.wanted);
      ASSERT_TRUE(made) << made.error().message;
      EXPECT_EQ((*made)->config().attention, step.wanted.attention);
      const auto ids = random_ids(weights->config(), 40);
      EXPECT_EQ(prefill(Model(*made), ids), prefill(Model(weights), ids));
    }
}

TEST(Specialise, RefusesWhatWouldSayLess) {
  const auto refused = [](const ModelConfig& before, const Specialisation& wanted) {
    return !specialise(*random_weights(before), wanted);
  };
  EXPECT_TRUE(refused(shared_by("as-kvhs-all", 1), {"as-kvhs"}));
  EXPECT_TRUE(refused(shared_by("as-kvhs", 1), {"mqa"}));
  EXPECT_TRUE(refused(shared_by("gqa", 2), {"mqa", 1}));
  EXPECT_TRUE(refused(shared_by("mha", small_config().heads), {"as-kvhs-masked"}));
  EXPECT_TRUE(refused(shared_by("mqa", 1), {"nothing"}));
  EXPECT_TRUE(refused(small_config("as-kvhs-merged"), {"as-kvhs-all"}));
}

}  // namespace
}  // namespace sage::test
