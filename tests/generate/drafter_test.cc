// Guesses from a stream's past, and that they change no token of what is generated.
#include "generate/drafter.h"

#include <gtest/gtest.h>

#include <vector>

#include "generate/generator.h"
#include "small_engine.h"

namespace sage {
namespace {

std::vector<TokenId> drafted(Drafter& drafter, double least) {
  const auto draft = drafter.draft(least);
  return {draft.begin(), draft.end()};
}

TEST(Drafter, KnowsNothingAtFirst) {
  Drafter drafter;
  EXPECT_TRUE(drafted(drafter, 0.01).empty());
  const std::vector<TokenId> tokens = {1, 2, 3, 4, 5};
  drafter.read(tokens);
  EXPECT_TRUE(drafted(drafter, 0.01).empty());
}

TEST(Drafter, GoesOnWithAFigureThatComesAgain) {
  std::vector<TokenId> tokens;
  for (int round = 0; round < 12; ++round)
    for (const TokenId id : {7, 30, 12, 30, 55, 9}) tokens.push_back(id);
  Drafter drafter;
  drafter.read(std::span(tokens).first(20));  // in pieces, as a stream grows
  drafter.read(tokens);
  EXPECT_EQ(drafted(drafter, 0.3), (std::vector<TokenId>{7, 30, 12, 30, 55, 9, 7, 30}));
}

TEST(Drafter, IsTheMoreCarefulTheMoreIsAskedOfIt) {
  std::vector<TokenId> tokens;
  for (int i = 0; i < 400; ++i) tokens.push_back(i % 3 == 0 ? i * i % 7 : i % 5);
  Drafter drafter;
  drafter.read(tokens);
  std::size_t before = Drafter::kMost + 1;
  for (const double least : {0.05, 0.3, 0.6, 0.9, 1.0}) {
    const std::size_t count = drafted(drafter, least).size();
    EXPECT_LE(count, before);
    before = count;
  }
  EXPECT_EQ(before, 0u);  // nothing is certain
}

TEST(Drafter, ForgetsWhenTold) {
  std::vector<TokenId> tokens(60, 4);
  Drafter drafter;
  drafter.read(tokens);
  EXPECT_FALSE(drafted(drafter, 0.3).empty());
  drafter.forget();
  EXPECT_TRUE(drafted(drafter, 0.01).empty());
}

std::vector<TokenId> generate(const std::shared_ptr<const Engine>& engine, const Request& request,
                              bool drafts, DraftCounts& counts) {
  auto generator = Generator::create(engine, request, {.drafts = drafts}).value();
  while (generator.next().type != ReadEvent::Type::kEnd) {
  }
  counts = generator.drafts();
  return {generator.tokens().begin(), generator.tokens().end()};
}

TEST(Drafts, ChangeNoTokenAtAnyTemperature) {
  std::int64_t drafted = 0, accepted = 0;
  for (const int context : {160, 48})  // the short one is read again many times
    for (const double temperature : {0.0, 0.2, 0.5, 1.0})
      for (const std::uint64_t seed : {1u, 2u}) {
        const auto engine = test::small_engine({}, context, seed);
        Request request = {.bars = 12, .max_notes = 150, .seed = seed};
        request.sampler.temperature = temperature;
        DraftCounts with, without;
        const auto expected = generate(engine, request, false, without);
        EXPECT_EQ(generate(engine, request, true, with), expected)
            << "temperature " << temperature << ", context " << context;
        EXPECT_EQ(without.drafted, 0);
        EXPECT_LE(with.accepted, with.drafted);
        EXPECT_LE(with.passes, without.passes);
        EXPECT_GE(with.passes + with.accepted, without.passes);
        drafted += with.drafted;
        accepted += with.accepted;
      }
  EXPECT_GT(accepted, 0);  // both cases were there
  EXPECT_LT(accepted, drafted);
}

TEST(Drafts, ChangeNoTokenBehindAPrompt) {
  const auto engine = test::small_engine();
  Request request = {.prompt = test::small_song(), .prompt_bars = 2, .bars = 60, .seed = 4};
  request.sampler.temperature = 0.0;
  DraftCounts with, without;
  EXPECT_EQ(generate(engine, request, true, with), generate(engine, request, false, without));
  EXPECT_GT(with.drafted, 0);
}

}  // namespace
}  // namespace sage
