// A model with more tokens has its old logits wherever none of the new ones has come.
#include "surgery/extend.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/models.h"

namespace sage::test {
namespace {

constexpr int kNewAttribute = 3, kAfter = 1, kBefore = 2, kFirstNew = 20, kNewTokens = 8;

/// A model in which no token has kNewAttribute.
ModelConfig config_without(std::string attention) {
  ModelConfig config = small_config(std::move(attention));
  for (std::uint8_t& attribute : config.token_attributes)
    if (attribute == kNewAttribute) attribute = 0;
  return config;
}

/// New tokens in the middle of the vocabulary, so that later ones move.
Extension extension_of(const ModelConfig& config) {
  Extension extension;
  extension.after = kAfter;
  extension.before = kBefore;
  extension.tokenizer = "{}";
  for (int id = 0; id < config.vocab_size; ++id) {
    if (id == kFirstNew)
      for (int i = 0; i < kNewTokens; ++i) {
        extension.old_ids.push_back(-1);
        extension.attributes.push_back(kNewAttribute);
      }
    extension.old_ids.push_back(id);
    extension.attributes.push_back(config.token_attributes[static_cast<std::size_t>(id)]);
  }
  return extension;
}

int new_id(int old) { return old < kFirstNew ? old : old + kNewTokens; }

std::vector<float> row_of(const Weights& weights, int id) {
  const auto* row = static_cast<const float*>(weights.embed().rows(0, id));
  return {row, row + weights.config().d_model};
}

TEST(Extend, ChangesNoLogitOfTheOldTokens) {
  for (const char* attention : {"mqa", "as-kvhs", "as-kvhs-query", "as-kvhs-all"})
    for (const WeightType type : {WeightType::kF32, WeightType::kI8}) {
      SCOPED_TRACE(attention);
      const auto weights = random_weights(config_without(attention), type)->convert(type);
      const auto extended = extend(*weights, extension_of(weights->config()), 1);
      ASSERT_TRUE(extended) << extended.error().message;
      const auto ids = random_ids(weights->config(), 40);
      std::vector<std::int32_t> moved;
      for (const auto id : ids) moved.push_back(new_id(id));
      const auto before = prefill(Model(weights->convert(WeightType::kF32)), ids);
      const auto after = prefill(Model(*extended), moved);
      const auto old_size = static_cast<std::size_t>(weights->config().vocab_size);
      for (std::size_t i = 0; i < ids.size(); ++i)
        for (std::size_t id = 0; id < old_size; ++id)
          ASSERT_EQ(before[i * old_size + id],
                    after[i * (old_size + kNewTokens) +
                          static_cast<std::size_t>(new_id(static_cast<int>(id)))]);
    }
}

TEST(Extend, NewTokensStartNearThoseThatUsedToFollow) {
  const auto weights = random_weights(config_without("as-kvhs-all"));
  const auto extended = extend(*weights, extension_of(weights->config()), 1).value();
  std::vector<double> mean(static_cast<std::size_t>(weights->config().d_model));
  int count = 0;
  for (int id = 0; id < weights->config().vocab_size; ++id) {
    if (weights->config().token_attributes[static_cast<std::size_t>(id)] != kBefore) continue;
    const auto row = row_of(*weights, id);
    for (std::size_t i = 0; i < row.size(); ++i) mean[i] += row[i];
    ++count;
  }
  const auto distance = [&](const std::vector<float>& row) {
    double squares = 0;
    for (std::size_t i = 0; i < row.size(); ++i) squares += std::pow(row[i] - mean[i] / count, 2);
    return std::sqrt(squares);
  };
  double nearest_old = INFINITY;
  for (int id = 0; id < weights->config().vocab_size; ++id)
    nearest_old = std::min(nearest_old, distance(row_of(*weights, id)));
  for (int i = 0; i < kNewTokens; ++i) {
    EXPECT_LT(distance(row_of(*extended, kFirstNew + i)), nearest_old);
    EXPECT_NE(row_of(*extended, kFirstNew + i), row_of(*extended, kFirstNew + (i + 1) % kNewTokens))
        << "tokens that are equal would stay equal";
  }
}

TEST(Extend, WeightsOfANewAttributeAreThoseOfItsNeighbours) {
  const auto weights = random_weights(config_without("as-kvhs-all"));
  const auto extended = extend(*weights, extension_of(weights->config()), 1).value();
  for (int layer = 0; layer < weights->config().layers; ++layer)
    for (const auto part :
         {&Weights::Layer::q, &Weights::Layer::k, &Weights::Layer::v, &Weights::Layer::o}) {
      const Linear &old = weights->layer(layer).*part, &now = extended->layer(layer).*part;
      const auto bank = [](const Linear& linear, int number) {
        const auto* from = static_cast<const float*>(linear.rows(number));
        return std::vector<float>(from, from + linear.out * linear.in);
      };
      const bool seen = part == &Weights::Layer::k || part == &Weights::Layer::v;
      const auto expected =
          seen ? std::vector<float>(bank(now, kNewAttribute).size()) : bank(old, kAfter);
      EXPECT_EQ(bank(now, kNewAttribute), expected);
      EXPECT_EQ(bank(now, 0), bank(old, 0));
    }
}

TEST(Extend, RefusesWhatItCannotKeep) {
  const auto weights = random_weights(config_without("as-kvhs-all"));
  Extension fewer = extension_of(weights->config());
  fewer.old_ids.pop_back();
  fewer.attributes.pop_back();
  EXPECT_FALSE(extend(*weights, fewer, 1));
  Extension other = extension_of(weights->config());
  other.attributes[0] = static_cast<std::uint8_t>(other.attributes[0] == 0 ? 1 : 0);
  EXPECT_FALSE(extend(*weights, other, 1));
}

}  // namespace
}  // namespace sage::test
