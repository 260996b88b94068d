// The grammar mask: whatever is sampled under it decodes, and it is exactly what push() accepts.
#include <gtest/gtest.h>

#include "base/random.h"
#include "support.h"
#include "tokens/configs.h"
#include "tokens/score_builder.h"

namespace sage {
namespace {

/// Samples a piece under the mask: a random range first, so that rare kinds come up often, then a
/// random token of it. After `length` tokens it takes the way out as soon as there is one.
std::vector<TokenId> sample(const Tokenizer& tokenizer, Random& random, int length) {
  const auto reader = tokenizer.reader();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  TokenMask mask;
  for (;;) {
    reader->allowed(mask);
    if (mask.empty()) return ids;
    const auto ranges = mask.ranges();
    const IdRange range = ranges[random.below(static_cast<std::uint32_t>(ranges.size()))];
    TokenId id =
        range.begin +
        static_cast<TokenId>(random.below(static_cast<std::uint32_t>(range.end - range.begin)));
    const bool closing = static_cast<int>(ids.size()) >= length;
    const auto ends = [&](TokenId candidate) {
      const Kind kind = vocabulary.event(candidate).kind;
      return kind == Kind::kEos || kind == Kind::kFill || kind == Kind::kEndFill;
    };
    if (closing) {
      for (const Kind kind : {Kind::kEos, Kind::kEndFill, Kind::kFill})
        if (mask.allows(vocabulary.id(kind))) id = vocabulary.id(kind);
    } else if (ends(id) && mask.count() > 1) {
      // The ids of all that goes on are above those of all that ends.
      while (id + 1 < vocabulary.size() && (ends(id) || !mask.allows(id))) ++id;
    }
    const ReadEvent event = reader->push(id);
    EXPECT_NE(event.type, ReadEvent::Type::kIllegal);
    ids.push_back(id);
  }
}

// Ten thousand pieces in all. Sampling each range and each token of it alike is what a model does
// in the limit of high temperature, only worse.
TEST(Grammar, WhateverIsSampledUnderTheMaskDecodesToAValidScore) {
  Random random(1);
  const auto tokenizers = test::default_grid_tokenizers();
  const int pieces = 10'000 / static_cast<int>(tokenizers.size()) + 1;
  for (const Tokenizer& tokenizer : tokenizers) {
    for (int piece = 0; piece < pieces; ++piece) {
      const auto ids = sample(tokenizer, random, 400);
      const auto score = tokenizer.decode(ids);
      ASSERT_TRUE(score.has_value()) << score.error().message;
      ASSERT_EQ(tokenizer.vocabulary().event(ids.back()).kind, Kind::kEos);
      // Canonical already: quantising moves no note.
      EXPECT_EQ(tokenizer.quantise(*score)->score.tracks, score->tracks);
    }
  }
}

TEST(Grammar, TheMaskIsExactlyWhatTheReaderAccepts) {
  Random random(2);
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const auto ids = sample(tokenizer, random, 200);
    const auto reader = tokenizer.reader();
    for (const TokenId id : ids) {
      TokenMask mask;
      reader->allowed(mask);
      for (TokenId candidate = -1; candidate <= tokenizer.vocabulary().size(); ++candidate) {
        const bool accepted = reader->clone()->push(candidate).type != ReadEvent::Type::kIllegal;
        ASSERT_EQ(accepted, mask.allows(candidate)) << tokenizer.vocabulary().describe(candidate);
      }
      reader->push(id);
    }
  }
}

TEST(Grammar, AnIllegalTokenIsNamedAndLeavesTheReaderAsItWas) {
  const auto tokenizer = Tokenizer::create({}).value();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const std::vector<TokenId> ids = {vocabulary.id(Kind::kBos), vocabulary.id(Kind::kPitch, 60)};
  const auto score = tokenizer.decode(ids);
  ASSERT_FALSE(score.has_value());
  EXPECT_NE(score.error().message.find("token 1 (Pitch C4)"), std::string::npos);
  const auto reader = tokenizer.reader();
  EXPECT_EQ(reader->push(ids[1]).type, ReadEvent::Type::kIllegal);
  EXPECT_EQ(reader->push(ids[0]).type, ReadEvent::Type::kNothing);
}

TEST(Grammar, AnEmptyPieceIsBosStartEos) {
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const auto ids = tokenizer.encode(Score{}).value();
    EXPECT_EQ(ids.size(), 3u);
    EXPECT_TRUE(tokenizer.decode(ids)->tracks.empty());
  }
}

TEST(Grammar, CompactIsShorterThanFull) {
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 16; ++i)
    for (int chord = 0; chord < 3; ++chord)
      score.tracks[0].notes.push_back({{480 * i}, {480}, std::uint8_t(60 + 4 * chord), 80});
  const auto full = Tokenizer::create({.layout = Layout::kFull})->encode(score).value();
  const auto compact = Tokenizer::create({.layout = Layout::kCompact})->encode(score).value();
  EXPECT_LT(compact.size() * 4, full.size() * 3);
}

}  // namespace
}  // namespace sage
