#include "generate/likelihood.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "small_engine.h"

namespace sage {
namespace {

std::vector<TokenId> encode(const Engine& engine, const Score& score) {
  return engine.tokenizer().encode(score).value();
}

TEST(Likelihood, IsTheSumOfStepByStepProbabilities) {
  const auto engine = test::small_engine();
  const auto ids = encode(*engine, test::small_song());
  ASSERT_LT(ids.size(), 160u);
  Workspace workspace(engine->model().config());
  const Likelihood scored = likelihood(*engine, ids, workspace).value();

  KvCache cache(engine->model().config());
  std::vector<float> logits(static_cast<std::size_t>(engine->tokenizer().vocabulary().size()));
  double nats = 0;
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
    engine->model().forward(std::span(ids).subspan(i, 1), cache, workspace);
    engine->model().logits(workspace, logits);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    nats += std::log(sum) - logits[static_cast<std::size_t>(ids[i + 1])];
  }
  EXPECT_NEAR(scored.nats, nats, 1e-3 * nats);
  EXPECT_NEAR(std::accumulate(scored.nats_of.begin(), scored.nats_of.end(), 0.0), nats,
              1e-3 * nats);
  EXPECT_LE(scored.nats_legal, scored.nats);
  EXPECT_EQ(scored.tokens, ids.size() - 1);
  EXPECT_EQ(scored.notes, 18u);
}

// Every token of a piece many times longer than the context is scored once.
TEST(Likelihood, LongPiecesAreScoredToTheirEnd) {
  const auto engine = test::small_engine({}, 64);
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 300; ++i)
    score.tracks[0].notes.push_back({{240 * i}, {240}, static_cast<std::uint8_t>(40 + i % 50), 80});
  const auto ids = encode(*engine, score);
  Workspace workspace(engine->model().config());
  const Likelihood scored = likelihood(*engine, ids, workspace).value();
  EXPECT_EQ(scored.tokens, ids.size() - 1);
  EXPECT_EQ(scored.notes, 300u);
  EXPECT_TRUE(std::isfinite(scored.nats));
}

TEST(Likelihood, RefusesWhatTheGrammarRefuses) {
  const auto engine = test::small_engine();
  const TokenId pitch = engine->tokenizer().vocabulary().id(Kind::kPitch, 60);
  Workspace workspace(engine->model().config());
  EXPECT_FALSE(likelihood(*engine, std::vector<TokenId>{1, pitch, pitch}, workspace).has_value());
  EXPECT_FALSE(likelihood(*engine, std::vector<TokenId>{1, pitch}, workspace).has_value());
}

TEST(Likelihood, RefusesIdsOutsideTheVocabulary) {
  const auto engine = test::small_engine();
  Workspace workspace(engine->model().config());
  for (const TokenId id : {-1, engine->tokenizer().size(), 1 << 30}) {
    const auto refused = likelihood(*engine, std::vector<TokenId>{1, id}, workspace);
    ASSERT_FALSE(refused.has_value()) << id;
    EXPECT_NE(refused.error().message.find("vocabulary"), std::string::npos);
  }
}

}  // namespace
}  // namespace sage
