// Configs as data: JSON there and back, what is refused, tensors, the attention family.
#include "nn/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models.h"
#include "nn/tensor_spec.h"

namespace sage::test {
namespace {

TEST(Config, GoesThroughJson) {
  for (const AttentionFamily* family : attention_registry()) {
    auto config = small_config(std::string(family->name()));
    config.activation = Activation::kGelu;
    config.tied = false;
    config.ff_banks = true;
    config.norm_eps = 3e-6f;
    const auto back = model_config_from_json(to_json(config));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, config);
  }
}

TEST(Config, OutputsGoThroughJsonAndFlatOnesLeaveNoTrace) {
  for (const OutputFamily* output : output_registry()) {
    const auto config = small_output_config(*output);
    const auto json = to_json(config);
    EXPECT_EQ(json.contains("output"), output->spec().compound);
    EXPECT_EQ(json.contains("fields"), output->spec().compound);
    const auto back = model_config_from_json(json);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, config);
    EXPECT_FALSE(output->summary().empty());
  }
}

TEST(Config, RefusesOutputsWithTheWrongNumberOfFields) {
  for (const OutputFamily* output : output_registry())
    for (const int fields : {-1, 0, output->spec().compound ? 1 : 2, 17}) {
      auto config = small_output_config(*output);
      config.fields = fields;
      EXPECT_FALSE(validate(config)) << output->name() << " " << fields;
      auto json = to_json(small_config());
      json["output"] = output->name();
      json["fields"] = fields;
      EXPECT_FALSE(model_config_from_json(json)) << output->name() << " " << fields;
    }
  auto json = to_json(small_config());
  json["output"] = "abacus";
  EXPECT_FALSE(model_config_from_json(json));
  json["output"] = 3;
  EXPECT_FALSE(model_config_from_json(json));
}

TEST(Config, ShiftedFieldsStandAStepLaterEach) {
  const std::vector<int> steps = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<int> rows(9);
  shift_fields<int>(steps, 3, rows);
  EXPECT_EQ(rows, (std::vector<int>{1, kPadId, kPadId, 4, 2, kPadId, 7, 5, 3}));
  shift_fields<int>(steps, 1, rows);
  EXPECT_EQ(rows, steps);
}

TEST(Config, RefusesWhatNoModelCanBe) {
  const auto good = to_json(small_config());
  const std::pair<const char*, nlohmann::json> changes[] = {
      {"d_model", 41},        {"heads", 3},       {"heads", 0},
      {"layers", 100'000},    {"kv_heads", 3},    {"attention", "abacus"},
      {"activation", "relu"}, {"tied", 1},        {"vocab_size", 1e12},
      {"sinks", 512},         {"norm_eps", -1.0}, {"rope_theta", "big"},
      {"d_ff", nullptr},      {"window", 0},      {"token_attributes", {{0, 1}, {0, 2}}},
  };
  for (const auto& [key, value] : changes) {
    auto json = good;
    json[key] = value;
    EXPECT_FALSE(model_config_from_json(json)) << key;
    json.erase(key);
    EXPECT_FALSE(model_config_from_json(json)) << key;
  }
  EXPECT_FALSE(model_config_from_json(nlohmann::json::array()));
}

TEST(Config, TablesOfItsLayersAreCheckedAndWrittenOnlyWhereThereAreSome) {
  EXPECT_FALSE(to_json(small_config("mha")).contains("kv_groups"));
  const auto merged = small_config("as-kvhs-merged");
  EXPECT_EQ(total_kv_heads(merged), 6);
  EXPECT_EQ(describe(merged), "d40 L3 h4, as-kvhs-merged with 6 K/V heads in all");
  const auto good = to_json(merged);
  const nlohmann::json tables[] = {{{0, 1, 0, 1}, {0, 0, 0, 0}},                // a layer too few
                                   {{0, 1, 0, 1}, {0, 0, 0}, {0, 1, 2, 1}},     // a head too few
                                   {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 2, 2, 2}},  // nobody reads 1
                                   {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 1, 1, 1}},  // no layer has 3
                                   {{0, 1, 0, -1}, {0, 0, 0, 0}, {0, 1, 2, 1}},
                                   {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 1, 2, 900}},
                                   {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 1, 2, "one"}},
                                   {0, 1}};
  for (const auto& table : tables) {
    auto json = good;
    json["kv_groups"] = table;
    EXPECT_FALSE(model_config_from_json(json)) << table;
  }
  auto other = good;
  other["attention"] = "gqa";
  EXPECT_FALSE(model_config_from_json(other));
}

TEST(Config, CountsItsParameters) {
  auto config = small_config("as-kvhs");
  const std::int64_t d = 40, kv = 10, f = 51, banks = 5;
  const std::int64_t layer = 2 * d + 2 * d * d + 2 * banks * kv * d + 3 * f * d;
  EXPECT_EQ(parameter_count(config), 61 * d + 3 * layer + d);
  config.tied = false;
  EXPECT_EQ(parameter_count(config), 2 * 61 * d + 3 * layer + d);
  const std::int64_t rest = 2 * d + 2 * d * d + 3 * f * d;
  EXPECT_EQ(parameter_count(small_config("as-kvhs-merged")),
            61 * d + 3 * rest + (2 + 1 + 3) * 2 * kv * d + d);
}

TEST(AttentionFamily, EveryMemberDescribesAWholeLayer) {
  for (const AttentionFamily* family : attention_registry()) {
    const auto spec = family->make(8, 0, 6);
    ASSERT_TRUE(spec) << family->name();
    EXPECT_FALSE(family->summary().empty());
    EXPECT_EQ(spec->query_heads, 8);
    ASSERT_EQ(spec->kv_head_of.size(), 8u);
    ASSERT_EQ(spec->keys.size(), static_cast<std::size_t>(spec->kv_heads));
    for (int head = 0; head < spec->kv_heads; ++head)
      EXPECT_NE(std::count(spec->kv_head_of.begin(), spec->kv_head_of.end(), head), 0);
    // Some head sees every key, whatever its attribute.
    EXPECT_EQ(spec->keys.front(), AttentionSpec::kAllAttributes);
  }
}

TEST(AttentionFamily, ListsItsNamesWhenAskedForAnother) {
  const auto spec = make_attention("abacus", 4, 1, 6);
  ASSERT_FALSE(spec);
  for (const AttentionFamily* family : attention_registry())
    EXPECT_NE(spec.error().message.find(family->name()), std::string::npos);
}

}  // namespace
}  // namespace sage::test
