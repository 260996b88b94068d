#include "generate/history.h"

#include <gtest/gtest.h>

#include "small_engine.h"

namespace sage {
namespace {

class History : public testing::TestWithParam<Layout> {
 protected:
  Tokenizer tokenizer_ = Tokenizer::create({.layout = GetParam()}).value();
  TokenHistory history_{tokenizer_};

  void fill(int songs) {
    Score score;
    for (int i = 0; i < songs; ++i) {
      const Score song = test::small_song();
      score.tracks.resize(song.tracks.size());
      for (std::size_t t = 0; t < song.tracks.size(); ++t) {
        score.tracks[t].program = song.tracks[t].program;
        for (Note note : song.tracks[t].notes) {
          note.onset += Tick{3840 * i};
          score.tracks[t].notes.push_back(note);
        }
      }
    }
    const auto ids = tokenizer_.encode(score, {.header = true, .holes = {}, .end = false}).value();
    for (const TokenId id : ids) history_.push(id);
  }
};

TEST_P(History, WhatFitsIsKeptWhole) {
  fill(1);
  const auto context = history_.context(10'000);
  EXPECT_TRUE(
      std::equal(context.begin(), context.end(), history_.all().begin(), history_.all().end()));
}

// The grammar itself judges the context: a header, then whole bars led by meter and tempo.
TEST_P(History, AContextIsALegalPieceThatEndsAsTheHistoryDoes) {
  fill(30);
  for (const std::size_t budget : {40u, 120u, 300u, 900u}) {
    const auto context = history_.context(budget);
    EXPECT_LE(context.size(), budget);
    EXPECT_TRUE(tokenizer_.decode(context).has_value()) << "budget " << budget;
    const auto body = history_.all();
    EXPECT_TRUE(std::equal(context.end() - 20, context.end(), body.end() - 20));
  }
}

TEST_P(History, ABarTooLongForTheBudgetIsEnteredAtAPosition) {
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 48; ++i)
    for (int pitch = 40; pitch < 60; ++pitch)
      score.tracks[0].notes.push_back({{40 * i}, {40}, static_cast<std::uint8_t>(pitch), 80});
  const auto ids = tokenizer_.encode(score, {.header = true, .holes = {}, .end = false}).value();
  for (const TokenId id : ids) history_.push(id);
  const auto context = history_.context(200);
  EXPECT_LE(context.size(), 200u);
  EXPECT_GT(context.size(), 100u);
  EXPECT_TRUE(tokenizer_.decode(context).has_value());
}

// A prompt's last bar of many notes, and the BAR of what is new behind it: the model still reads
// the prompt.
TEST_P(History, AShortBarBehindALongOneIsNotReadAlone) {
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 48; ++i)
    for (int pitch = 40; pitch < 60; ++pitch)
      score.tracks[0].notes.push_back({{40 * i}, {40}, static_cast<std::uint8_t>(pitch), 80});
  score.tracks[0].notes.push_back({{1920}, {480}, 60, 80});
  const auto ids = tokenizer_.encode(score, {.header = true, .holes = {}, .end = false}).value();
  for (const TokenId id : ids) history_.push(id);
  const auto context = history_.context(400);
  EXPECT_LE(context.size(), 400u);
  EXPECT_GT(context.size(), 200u);
  EXPECT_TRUE(tokenizer_.decode(context).has_value());
}

INSTANTIATE_TEST_SUITE_P(Layouts, History, testing::Values(Layout::kFull, Layout::kCompact));

}  // namespace
}  // namespace sage
