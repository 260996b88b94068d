// A deeper model has the logits of the shallow one until it is trained.
#include "surgery/deepen.h"

#include <gtest/gtest.h>

#include "nn/models.h"

namespace sage::test {
namespace {

TEST(Deepen, NewLayersChangeNoLogit) {
  for (const WeightType type :
       {WeightType::kF32, WeightType::kBf16, WeightType::kI8, WeightType::kI4}) {
    const auto weights = random_weights(small_config(), type);
    const auto ids = random_ids(weights->config(), 40);
    const auto expected = prefill(Model(weights), ids);
    for (int more = 0; more <= 3; ++more) {
      const int layers = weights->config().layers + more;
      const auto deeper = deepen(*weights, layers);
      ASSERT_TRUE(deeper) << deeper.error().message;
      EXPECT_EQ((*deeper)->config().layers, layers);
      EXPECT_EQ(prefill(Model(*deeper), ids), expected) << layers << " layers";
    }
  }
}

TEST(Deepen, NewLayersAreCopiesThatStillReadTheirInput) {
  const auto weights = random_weights(small_config());
  const auto deeper = deepen(*weights, 2 * weights->config().layers);
  ASSERT_TRUE(deeper);
  for (int layer = 0; layer < weights->config().layers; ++layer) {
    const Linear &old = weights->layer(layer).q, &copy = (*deeper)->layer(2 * layer + 1).q;
    EXPECT_EQ(*static_cast<const float*>(old.data), *static_cast<const float*>(copy.data));
    EXPECT_EQ(*static_cast<const float*>((*deeper)->layer(2 * layer + 1).o.data), 0);
  }
}

TEST(Deepen, RefusesFewerLayersAndMoreThanAModelMayHave) {
  const auto weights = random_weights(small_config());
  for (const int layers : {0, weights->config().layers - 1, 1 << 20})
    EXPECT_FALSE(deepen(*weights, layers)) << layers;
}

}  // namespace
}  // namespace sage::test
