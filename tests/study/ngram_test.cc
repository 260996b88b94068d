// N-gram models against counting with maps, piece by piece.
#include "study/ngram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/random.h"

namespace sage {
namespace {

constexpr int kVocabulary = 7;

TokenCorpus random_corpus(int pieces, std::uint64_t seed) {
  Random random(seed);
  TokenCorpus corpus;
  for (int p = 0; p < pieces; ++p) {
    CorpusPiece piece;
    piece.first_token = corpus.tokens.size();
    piece.token_count = random.below(40);
    for (std::uint32_t i = 0; i < piece.token_count; ++i)
      corpus.tokens.push_back(static_cast<std::uint16_t>(random.below(kVocabulary)));
    corpus.pieces.push_back(piece);
  }
  return corpus;
}

/// The formula of the header, by the book.
double probability(const TokenCorpus& training, const std::vector<int>& context, int word, int n) {
  if (n == 0) return 1.0 / kVocabulary;
  const double lower = probability(training, context, word, n - 1);
  if (context.size() + 1 < static_cast<std::size_t>(n)) return lower;
  const std::vector<int> h(context.end() - (n - 1), context.end());
  double times = 0, all = 0;
  std::set<int> different;
  for (const CorpusPiece& piece : training.pieces) {
    const auto tokens = training.of(piece);
    for (std::size_t i = std::max(1, n - 1); i < tokens.size(); ++i) {
      if (!std::equal(h.begin(), h.end(),
                      tokens.begin() + static_cast<std::ptrdiff_t>(i) - (n - 1)))
        continue;
      ++all;
      times += tokens[i] == word;
      different.insert(tokens[i]);
    }
  }
  if (all == 0) return lower;
  const auto t = static_cast<double>(different.size());
  return (times + t * lower) / (all + t);
}

TEST(Ngram, AgreesWithTheFormula) {
  const TokenCorpus training = random_corpus(12, 1), held_out = random_corpus(5, 2);
  const auto nats = ngram_nats(training, held_out, kVocabulary, 4);
  ASSERT_TRUE(nats) << nats.error().message;
  ASSERT_EQ(nats->size(), 5u);
  for (int n = 0; n <= 4; ++n) {
    double expected = 0;
    for (const CorpusPiece& piece : held_out.pieces) {
      const auto tokens = held_out.of(piece);
      for (std::size_t i = 1; i < tokens.size(); ++i)
        expected -= std::log(
            probability(training, {tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i)},
                        tokens[i], n));
    }
    EXPECT_NEAR((*nats)[static_cast<std::size_t>(n)], expected, 1e-9 * expected) << n;
  }
}

TEST(Ngram, ProbabilitiesOfAllWordsMakeOne) {
  const TokenCorpus training = random_corpus(12, 1);
  for (const std::vector<int>& context : {std::vector<int>{3}, {1, 2}, {0, 5, 6, 1}}) {
    double sum = 0;
    for (int word = 0; word < kVocabulary; ++word) {
      TokenCorpus one;
      for (const int id : context) one.tokens.push_back(static_cast<std::uint16_t>(id));
      one.tokens.push_back(static_cast<std::uint16_t>(word));
      one.pieces.push_back({0, static_cast<std::uint32_t>(one.tokens.size()), 0, 0});
      TokenCorpus before = one;
      before.tokens.pop_back();
      --before.pieces.front().token_count;
      sum += std::exp(ngram_nats(training, before, kVocabulary, 5)->back() -
                      ngram_nats(training, one, kVocabulary, 5)->back());
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(Ngram, LearnsWhatAlwaysFollows) {
  TokenCorpus corpus;
  for (int i = 0; i < 700; ++i)
    corpus.tokens.push_back(static_cast<std::uint16_t>(i % kVocabulary));
  corpus.pieces.push_back({0, 700, 0, 0});
  const auto nats = ngram_nats(corpus, corpus, kVocabulary, 2);
  EXPECT_NEAR((*nats)[0] / 699, std::log(kVocabulary), 1e-9);
  EXPECT_NEAR((*nats)[1] / 699, std::log(kVocabulary), 1e-3);
  EXPECT_LT((*nats)[2] / 699, 0.02);
}

TEST(Ngram, RefusesWhatDoesNotFit) {
  const TokenCorpus corpus = random_corpus(2, 1);
  EXPECT_FALSE(ngram_nats(corpus, corpus, 4'097, 2));
  EXPECT_FALSE(ngram_nats(corpus, corpus, kVocabulary, kMostNgram + 1));
  const std::atomic<bool> stop{true};
  EXPECT_FALSE(ngram_nats(corpus, corpus, kVocabulary, 2, &stop));
}

}  // namespace
}  // namespace sage
