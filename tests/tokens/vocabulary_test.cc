#include "tokens/vocabulary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tokens/configs.h"

namespace sage {
namespace {

TEST(Vocabulary, EveryIdHasOneEventAndBack) {
  for (const Tokenizer& tokenizer : test::all_tokenizers()) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      const TokenEvent event = vocabulary.event(id);
      EXPECT_EQ(vocabulary.id(event.kind, event.value), id);
      EXPECT_FALSE(vocabulary.describe(id).empty());
    }
  }
}

TEST(Vocabulary, SizesAreThoseOfTheDesign) {
  const Vocabulary vocabulary =
      base_vocabulary({.scheme = "remi+", .layout = Layout::kFull, .velocity = true, .grid = 12});
  const auto count = [&](Kind kind) {
    return vocabulary.range(kind).end - vocabulary.range(kind).begin;
  };
  EXPECT_EQ(count(Kind::kPosition), 144);
  EXPECT_EQ(count(Kind::kProgram), 129);
  EXPECT_EQ(count(Kind::kPitch), 128);
  EXPECT_EQ(count(Kind::kVelocity), 32);
  EXPECT_GE(count(Kind::kDuration), 32);
  EXPECT_LE(count(Kind::kDuration), 60);
  EXPECT_EQ(count(Kind::kTempo), 48);
}

TEST(Vocabulary, HasTheKindsOfItsSchemeAndNoOthers) {
  for (const Tokenizer& tokenizer : test::all_tokenizers()) {
    const KindSet kinds = tokenizer.tokenization().kinds(tokenizer.config());
    for (int k = 0; k < kKindCount; ++k)
      EXPECT_EQ(tokenizer.vocabulary().has(static_cast<Kind>(k)), kinds.has(static_cast<Kind>(k)));
    EXPECT_EQ(tokenizer.vocabulary().has(Kind::kVelocity), tokenizer.config().velocity);
    EXPECT_EQ(base_vocabulary(tokenizer.config()).attributes(),
              tokenizer.vocabulary().attributes());
  }
  EXPECT_EQ(base_vocabulary({.scheme = "nope"}).size(), 0);
}

// Models in use were trained on these ids.
TEST(Vocabulary, IdsOfRemiPlusStayWhereTheyAre) {
  const Vocabulary vocabulary = base_vocabulary({.scheme = "remi+", .velocity = false, .grid = 12});
  EXPECT_EQ(vocabulary.size(), 718);
  EXPECT_EQ(vocabulary.id(Kind::kPosition), 149);
  EXPECT_EQ(vocabulary.id(Kind::kProgram), 293);
  EXPECT_EQ(vocabulary.id(Kind::kPitch), 422);
  EXPECT_EQ(vocabulary.id(Kind::kDrum), 550);
  EXPECT_EQ(vocabulary.id(Kind::kDuration), 678);
}

TEST(Vocabulary, TransposingMovesPitchedKindsAlone) {
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      const TokenEvent event = vocabulary.event(id);
      if (event.kind == Kind::kPitch || event.kind == Kind::kNoteOff) {
        if (event.value >= 125) continue;
        EXPECT_EQ(vocabulary.event(vocabulary.transposed(id, 3)),
                  (TokenEvent{event.kind, event.value + 3}));
      } else {
        EXPECT_EQ(vocabulary.transposed(id, 3), id);
      }
    }
  }
}

TEST(Vocabulary, EveryBarFitsTheGrid) {
  for (const Tokenizer& tokenizer : test::all_tokenizers()) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    for (const Meter meter : vocabulary.meters()) {
      EXPECT_EQ(meter.numerator * 4 * vocabulary.grid() % meter.denominator, 0);
      EXPECT_GT(vocabulary.bar_steps(meter), 0);
      EXPECT_LE(vocabulary.bar_steps(meter), vocabulary.max_bar());
    }
  }
}

// Guarantee 2: duration error <= max(half a step, 12.5 %), from half a step to the longest length.
RC_GTEST_PROP(VocabularyProperty, DurationErrorIsBounded, ()) {
  const int grid = *rc::gen::element(4, 8, 12, 16, 24);
  const Vocabulary vocabulary = base_vocabulary({.grid = grid});
  const double steps = *rc::gen::inRange(500, 64'000 * grid) / 1000.0;
  const int length =
      vocabulary.durations()[static_cast<std::size_t>(vocabulary.duration_index(steps))];
  RC_ASSERT(std::abs(length - steps) <= std::max(0.5, 0.125 * steps) + 1e-9);
}

TEST(Vocabulary, BinsAreFixedPoints) {
  const Vocabulary vocabulary = base_vocabulary({.velocity = true});
  for (int i = 0; i < vocabulary.velocity_bins(); ++i)
    EXPECT_EQ(vocabulary.velocity_bin(vocabulary.velocity_of(i)), i);
  for (std::size_t i = 0; i < vocabulary.tempos().size(); ++i)
    EXPECT_EQ(vocabulary.tempo_index(vocabulary.tempos()[i]), static_cast<int>(i));
  for (std::size_t i = 0; i < vocabulary.durations().size(); ++i)
    EXPECT_EQ(vocabulary.duration_index(vocabulary.durations()[i]), static_cast<int>(i));
}

TEST(TokenizerConfig, SurvivesJson) {
  for (const Tokenizer& tokenizer : test::all_tokenizers())
    EXPECT_EQ(tokenizer_config_from_json(to_json(tokenizer.config())).value(), tokenizer.config());
}

TEST(TokenizerConfig, RefusesNonsenseWithAReason) {
  EXPECT_FALSE(tokenizer_config_from_json(nlohmann::json::array()).has_value());
  EXPECT_FALSE(tokenizer_config_from_json({{"scheme", 3}}).has_value());
  auto grid = Tokenizer::create({.grid = 7});
  ASSERT_FALSE(grid.has_value());
  EXPECT_NE(grid.error().message.find("grid 7"), std::string::npos);
  auto scheme = Tokenizer::create({.scheme = "nope"});
  ASSERT_FALSE(scheme.has_value());
  EXPECT_NE(scheme.error().message.find("remi+"), std::string::npos);
}

}  // namespace
}  // namespace sage
