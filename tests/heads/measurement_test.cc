// Measurements: sums, planted specialisation, files.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "heads/measurement_file.h"
#include "heads/meter.h"
#include "heads/picture.h"
#include "planted.h"

namespace sage {
namespace {

std::vector<TokenId> long_piece(const Engine& engine, int notes) {
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < notes; ++i)
    score.tracks[0].notes.push_back({{240 * i}, {240}, static_cast<std::uint8_t>(40 + i % 50), 80});
  return engine.tokenizer().encode(score).value();
}

TEST(HeadMeter, SharesSumToOneForEveryMemberOfTheFamily) {
  for (const AttentionFamily* family : attention_registry()) {
    auto tokenizer = Tokenizer::create({}).value();
    ModelConfig config = shape_config("tiny").value();
    config.context = config.window = 96;
    config.attention = family->name();
    describe_vocabulary(tokenizer, config);
    config.kv_heads = family->make(config.heads, 0, config.attributes)->kv_heads;
    auto weights = Weights::random(config, WeightType::kF32, 1).value();
    const auto engine = Engine::create(std::move(tokenizer), std::move(weights)).value();
    HeadMeter meter(*engine);
    const auto piece = long_piece(*engine, 120);  // several contexts
    meter.add(piece);
    const HeadMeasurement measured = meter.result();
    EXPECT_EQ(measured.tokens, static_cast<std::int64_t>(piece.size()));
    double queries = 0;
    for (int layer = 0; layer < measured.layers; ++layer)
      for (int head = 0; head < measured.heads; ++head)
        for (int a = 0; a < kAttributeCount; ++a) {
          double mass = 0, uniform = 0;
          for (const double share : measured.mass_of(layer, head, a)) mass += share;
          for (const double share : measured.uniform_of(head, a)) uniform += share;
          const bool any = measured.weight(head, a) > 0;
          EXPECT_NEAR(mass, any, 1e-9) << family->name();
          EXPECT_NEAR(uniform, any, 1e-9) << family->name();
          if (layer == 0 && head == 0) queries += measured.queries[static_cast<std::size_t>(a)];
        }
    EXPECT_EQ(queries, static_cast<double>(piece.size())) << "head 0 sees every key";
  }
}

TEST(HeadMeter, FindsWhatWasPlanted) {
  const int pitch = static_cast<int>(Attribute::kPitch);
  const int duration = static_cast<int>(Attribute::kDuration);
  const auto engine = test::planted_engine({pitch, -1, duration, pitch});
  HeadMeter meter(*engine);
  meter.add(engine->tokenizer().encode(test::small_song()).value());
  const HeadMeasurement measured = meter.result();
  // A duration has a pitch before it; a pitch at the beginning has nothing that head 2 likes.
  EXPECT_GT(measured.mass_of(0, 0, duration)[static_cast<std::size_t>(pitch)], 0.95);
  EXPECT_GT(key_shares(measured, 0, 0)[static_cast<std::size_t>(pitch)], 0.85);
  EXPECT_GT(key_shares(measured, 0, 2)[static_cast<std::size_t>(duration)], 0.8);
  const auto even = key_shares(measured, 0, 1), uniform = uniform_shares(measured, 1);
  for (std::size_t a = 0; a < even.size(); ++a) EXPECT_NEAR(even[a], uniform[a], 1e-6);
  EXPECT_NEAR(specialisation(measured, 0, 1), 0, 1e-9);
  EXPECT_GT(specialisation(measured, 0, 0), 1);
  EXPECT_NEAR(head_distance(measured, 0, 0, 3), 0, 1e-6);
  EXPECT_GT(head_distance(measured, 0, 0, 2), 0.8);
  EXPECT_GT(head_distance(measured, 0, 0, 1), 0.3);
}

TEST(HeadMeasurement, GoesThroughAFileAndDamageIsRefused) {
  const auto engine = test::planted_engine({3, -1});
  HeadMeter meter(*engine);
  meter.add(engine->tokenizer().encode(test::small_song()).value());
  const HeadMeasurement measured = meter.result();
  const auto path = std::filesystem::temp_directory_path() / "sage_heads_test.json";
  ASSERT_TRUE(write_measurement(path, measured));
  const auto back = read_measurement(path);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(back->mass, measured.mass);
  EXPECT_EQ(back->uniform, measured.uniform);
  EXPECT_EQ(back->queries, measured.queries);
  EXPECT_EQ(back->attributes, measured.attributes);

  const auto good = nlohmann::json::parse(read_text(path).value());
  const auto refused = [&](const nlohmann::json& file) {
    EXPECT_TRUE(write_text(path, file.dump()));
    const auto read = read_measurement(path);
    return !read && read.error().message.find('\n') == std::string::npos;
  };
  for (const auto& [key, value] : good.items()) {
    auto json = good;
    json.erase(key);
    EXPECT_TRUE(refused(json)) << key;
    json[key] = nullptr;
    EXPECT_TRUE(refused(json)) << key;
  }
  const std::pair<const char*, nlohmann::json> changes[] = {
      {"heads", 3}, {"layers", 0}, {"format", "other"}, {"version", 2}, {"mass", {1.0}}};
  for (const auto& [key, value] : changes) {
    auto json = good;
    json[key] = value;
    EXPECT_TRUE(refused(json)) << key;
  }
  auto json = good;
  json["mass"][0] = 0.5 + json["mass"][0].get<double>();  // no longer sums to 1
  EXPECT_TRUE(refused(json));
  json["mass"][0] = -1;
  EXPECT_TRUE(refused(json));
  EXPECT_TRUE(refused("text"));
  std::filesystem::remove(path);
  EXPECT_FALSE(read_measurement(path));
}

TEST(HeadPicture, HasAPanelAHeadAndLeavesUnusedAttributesOut) {
  const auto engine = test::planted_engine({3, -1});
  HeadMeter meter(*engine);
  meter.add(engine->tokenizer().encode(test::small_song()).value());
  const std::string svg = head_picture(meter.result(), "a & b");
  EXPECT_NE(svg.find("head 1: 0.00 bits"), std::string::npos);
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  EXPECT_NE(svg.find(">pitch<"), std::string::npos);
  EXPECT_EQ(svg.find(">velocity<"), std::string::npos);  // the tokenizer has none
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace sage
