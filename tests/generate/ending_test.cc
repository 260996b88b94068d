// Endings that are chosen: likelier than what would have stood there, and nothing before is
// touched.
#include <gtest/gtest.h>

#include <algorithm>

#include "generate/generator.h"
#include "generate/picker.h"
#include "generate/takes.h"
#include "small_engine.h"
#include "tokens/merges.h"

namespace sage {
namespace {

std::vector<TokenId> written(const std::shared_ptr<const Engine>& engine, const Request& request,
                             const GeneratorOptions& options = {}) {
  Generator generator = Generator::create(engine, request, options).value();
  while (generator.next().type != ReadEvent::Type::kEnd) {
  }
  return {generator.tokens().begin(), generator.tokens().end()};
}

/// Where the bar with this number, from 1, begins.
std::size_t bar_at(const Engine& engine, const std::vector<TokenId>& tokens, int number) {
  const TokenId bar = engine.tokenizer().vocabulary().id(Kind::kBar);
  std::size_t at = 0;
  for (; at < tokens.size(); ++at)
    if (tokens[at] == bar && --number == 0) break;
  return at;
}

/// By how many nats the model finds an end likelier than a bar where the piece ends.
double odds_of_the_end(const Engine& engine, const std::vector<TokenId>& tokens) {
  const Vocabulary& vocabulary = engine.tokenizer().vocabulary();
  EXPECT_EQ(tokens.back(), vocabulary.id(Kind::kEos));
  KvCache cache(engine.model().config(), {.type = engine.cache_type()});
  Workspace workspace(engine.model().config(), {});
  engine.model().forward(std::span(tokens).first(tokens.size() - 1), cache, workspace);
  std::vector<float> logits(static_cast<std::size_t>(engine.tokenizer().size()));
  engine.model().logits(workspace, logits);
  return logits[static_cast<std::size_t>(vocabulary.id(Kind::kEos))] -
         logits[static_cast<std::size_t>(vocabulary.id(Kind::kBar))];
}

TEST(Ending, IsTheLikeliestOfThoseThatWereWritten) {
  const auto engine = test::small_engine({}, 4'000);
  double gained = 0;
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    Request request{.bars = 5, .seed = seed};
    const auto plain = written(engine, request);
    const auto last_two = static_cast<std::ptrdiff_t>(bar_at(*engine, plain, 4));
    std::vector<double> odds;
    for (const int endings : {1, 2, 4, 8, 20}) {
      request.endings = endings;
      const auto tokens = written(engine, request);
      EXPECT_TRUE(std::equal(plain.begin(), plain.begin() + last_two, tokens.begin()));
      EXPECT_EQ(bar_at(*engine, tokens, 6), tokens.size());
      odds.push_back(odds_of_the_end(*engine, tokens));
    }
    EXPECT_TRUE(std::ranges::is_sorted(odds));  // the more there are, the likelier the best
    gained += odds.back() - odds.front();
  }
  EXPECT_GT(gained, 0);  // or there was nothing to choose from
}

TEST(Ending, IsAsLikelyAsItSays) {
  const auto engine = test::small_engine({}, 4'000);
  Generator generator = Generator::create(engine, {.bars = 4, .endings = 3, .seed = 2}).value();
  while (generator.next().type != ReadEvent::Type::kEnd) {
  }
  EXPECT_EQ(generator.endings_tried(), 3);
  const std::vector<TokenId> tokens(generator.tokens().begin(), generator.tokens().end());
  EXPECT_NEAR(generator.end_odds(), odds_of_the_end(*engine, tokens), 1e-5);
}

TEST(Ending, IsTheSameWhoeverWritesIt) {
  struct Case {
    const char* scheme;
    int context;  // a small one is read again while it ends
    std::uint64_t model;
  };
  int most = 0;
  for (const auto& [scheme, context, model] :
       {Case{"remi+", 48, 1}, {"tsd", 48, 2}, {"tsd", 400, 3}, {"remi+", 400, 11}}) {
    const auto engine = test::small_engine({.scheme = scheme}, context, model);
    Request request{.bars = 4, .programs = {0, 32}, .endings = 20, .seed = 6};
    auto takes = Takes::create(engine, request, 3, 2).value();
    while (takes.advance()) {
    }
    for (const Generator& take : takes.streams()) {
      const auto tokens = written(engine, request, {.drafts = false});
      EXPECT_EQ(tokens, written(engine, request)) << scheme << context;
      EXPECT_EQ(tokens, written(engine, request, {.threads = 3})) << scheme << context;
      EXPECT_TRUE(std::ranges::equal(take.tokens(), tokens)) << scheme << context;
      most = std::max(most, take.endings_tried());
      ++request.seed;
    }
  }
  EXPECT_EQ(most, 20);  // more than one pass writes together, for a model that wants no end
}

// Where little room is left the context is read again, from a fresh header and for all endings
// once: what the model says then is what it says of that context.
TEST(Ending, BeginsFromAContextThatWasReadAgain) {
  const auto engine = test::small_engine({}, 96);
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u}) {
    TokenHistory history(engine->tokenizer());
    for (const TokenId id : written(engine, {.bars = 12, .programs = {0, 32}, .seed = seed}))
      if (id != engine->tokenizer().vocabulary().id(Kind::kEos) && history.size() < 86 + seed)
        history.push(id);
    Picker parent(engine, {}, 1, {.drafts = false});
    parent.read_ahead(history);
    parent.prepare_branches(history);
    Picker branch(engine, {}, 1, {.drafts = false});
    branch.start_like(parent);
    Workspace workspace(engine->model().config(), {});
    const auto unread = branch.hand_over(history);
    engine->model().forward(unread, branch.cache(), workspace);
    std::vector<float> logits(static_cast<std::size_t>(engine->tokenizer().size())), whole(logits);
    engine->model().logits(workspace, logits);
    KvCache cache(engine->model().config(), {.type = engine->cache_type()});
    engine->model().forward(history.context(static_cast<std::size_t>(0.6 * 96)), cache, workspace);
    engine->model().logits(workspace, whole);
    EXPECT_EQ(logits, whole) << seed;
  }
}

TEST(Ending, OfAPieceShorterThanItIsAllOfIt) {
  const auto engine = test::small_engine();
  for (const int bars : {1, 2}) {
    for (const bool behind_prompt : {false, true}) {
      Request request{.bars = bars, .endings = 4, .seed = 3};
      if (behind_prompt) request.prompt = test::small_song();
      request.prompt_bars = 2;
      Generator generator = Generator::create(engine, request).value();
      while (generator.next().type != ReadEvent::Type::kEnd) {
      }
      EXPECT_EQ(generator.endings_tried(), 4);
      const std::vector<TokenId> tokens(generator.tokens().begin(), generator.tokens().end());
      EXPECT_NE(bar_at(*engine, tokens, bars + (behind_prompt ? 2 : 0)), tokens.size());
      EXPECT_EQ(bar_at(*engine, tokens, bars + (behind_prompt ? 3 : 1)), tokens.size());
    }
  }
}

TEST(Ending, RefusesWhatCannotBe) {
  const auto engine = test::small_engine();
  EXPECT_FALSE(Generator::create(engine, {.endings = -1}));
  EXPECT_FALSE(Generator::create(engine, {.endings = 1'001}));
  // Where a bar's end is not one token's choice.
  const auto base = Tokenizer::create({}).value();
  for (const auto& other :
       {test::small_engine({.scheme = "mmt"}, 160, 1, "parallel"),
        test::small_engine({.scheme = "midi-like"}),
        test::small_engine(test::with_merges(base, Boundary::kNone).config())}) {
    EXPECT_TRUE(Generator::create(other, {.bars = 2}));
    EXPECT_FALSE(Generator::create(other, {.bars = 2, .endings = 2}));
  }
}

}  // namespace
}  // namespace sage
