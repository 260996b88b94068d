// Training against a naive trainer that recounts everything for each merge.
#include "tokens/bpe/trainer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "base/random.h"
#include "midi/reader.h"
#include "support.h"
#include "tokens/bpe/boundary.h"
#include "tokens/tokenizer.h"

namespace sage {
namespace {

using Ids = std::vector<std::uint16_t>;
using Ends = std::vector<std::uint32_t>;

struct Piece {
  Ids ids;
  Ends ends;
};
using Corpus = std::vector<Piece>;

std::vector<Ids> words_of(const Corpus& corpus) {
  std::vector<Ids> words;
  for (const Piece& piece : corpus) {
    std::uint32_t begin = 0;
    for (const std::uint32_t end : piece.ends) {
      words.emplace_back(piece.ids.begin() + begin, piece.ids.begin() + end);
      begin = end;
    }
  }
  return words;
}

/// Times that replacing from left to right finds each pair.
std::map<Merge, std::uint64_t> count_naively(const std::vector<Ids>& words) {
  std::map<Merge, std::uint64_t> counts;
  for (const Ids& word : words) {
    std::map<Merge, std::size_t> free;  // where the last replacement of the pair would end
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const Merge pair = {word[i], word[i + 1]};
      if (free[pair] > i) continue;
      free[pair] = i + 2;
      ++counts[pair];
    }
  }
  return counts;
}

void replace_naively(std::vector<Ids>& words, const Merge& merge, std::uint16_t token) {
  for (Ids& word : words) {
    Ids replaced;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool pair = i + 1 < word.size() && word[i] == merge.left && word[i + 1] == merge.right;
      replaced.push_back(pair ? token : word[i]);
      if (pair) ++i;
    }
    word = std::move(replaced);
  }
}

std::uint64_t tokens_of(const std::vector<Ids>& words) {
  std::uint64_t tokens = 0;
  for (const Ids& word : words) tokens += word.size();
  return tokens;
}

LearnedMerges learn_naively(const Corpus& corpus, const BpeTrainerOptions& options) {
  auto words = words_of(corpus);
  LearnedMerges learned;
  learned.tokens_before = tokens_of(words);
  while (static_cast<int>(learned.merges.size()) < options.merges) {
    std::uint64_t highest = 0;
    Merge best;
    for (const auto& [pair, count] : count_naively(words))  // in the order of ids
      if (count > highest) highest = count, best = pair;
    if (highest < std::max<std::uint64_t>(options.min_count, 1)) break;
    const auto token = options.base_size + static_cast<int>(learned.merges.size());
    replace_naively(words, best, static_cast<std::uint16_t>(token));
    learned.merges.push_back(best);
    learned.counts.push_back(highest);
  }
  learned.tokens_after = tokens_of(words);
  return learned;
}

LearnedMerges learn(const Corpus& corpus, const BpeTrainerOptions& options) {
  BpeTrainer trainer(options);
  for (const Piece& piece : corpus) EXPECT_TRUE(trainer.add(piece.ids, piece.ends).has_value());
  return trainer.learn().value();
}

void expect_same(const LearnedMerges& learned, const LearnedMerges& expected) {
  EXPECT_EQ(learned.merges, expected.merges);
  EXPECT_EQ(learned.counts, expected.counts);
  EXPECT_EQ(learned.tokens_before, expected.tokens_before);
  EXPECT_EQ(learned.tokens_after, expected.tokens_after);
}

/// Pieces of a few motifs and some noise, so that pairs repeat, nest and tie.
Corpus any_corpus(Random& random, int base_size, int pieces, std::uint32_t longest_word) {
  const auto any_id = [&] {
    return static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(base_size)));
  };
  std::vector<Ids> motifs(1 + random.below(4));
  for (Ids& motif : motifs)
    for (std::uint32_t i = random.below(7); i > 0; --i) motif.push_back(any_id());
  Corpus corpus;
  for (int p = 0; p < pieces; ++p) {
    Piece piece;
    for (std::uint32_t i = random.below(40); i > 0; --i) {
      const Ids& motif = motifs[random.below(static_cast<std::uint32_t>(motifs.size()))];
      piece.ids.insert(piece.ids.end(), motif.begin(), motif.end());
      if (random.below(2) == 0) piece.ids.push_back(any_id());
    }
    const auto size = static_cast<std::uint32_t>(piece.ids.size());
    for (std::uint32_t end = 0; end < size;) {
      end = std::min(end + 1 + random.below(longest_word), size);
      piece.ends.push_back(end);
    }
    corpus.push_back(std::move(piece));
  }
  return corpus;
}

RC_GTEST_PROP(BpeTrainerProperty, LearnsWhatANaiveTrainerLearns, ()) {
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const int base_size = *rc::gen::inRange(1, 9);
  const auto longest = *rc::gen::element<std::uint32_t>(2, 5, 30, 1000);
  const Corpus corpus = any_corpus(random, base_size, *rc::gen::inRange(0, 12), longest);
  BpeTrainerOptions options;
  options.base_size = base_size;
  options.merges = *rc::gen::inRange(0, 60);
  options.min_count = *rc::gen::element<std::uint64_t>(0, 1, 2, 5);
  options.threads = *rc::gen::inRange(1, 4);
  expect_same(learn(corpus, options), learn_naively(corpus, options));
  RC_ASSERT(!testing::Test::HasFailure());
}

/// The pieces of valid_clean; none where the data is not at hand.
const std::vector<Ids>& real_pieces() {
  static const std::vector<Ids> pieces = [] {
    std::vector<Ids> read_pieces;
    const auto folder = test::data_directory("valid_clean");
    if (!folder) return read_pieces;
    const auto tokenizer = Tokenizer::create({}).value();
    for (const auto& file : test::midi_files(*folder)) {
      const auto read = read_midi_file(file);
      if (!read) continue;
      if (const auto ids = tokenizer.encode(read->score))
        read_pieces.emplace_back(ids->begin(), ids->end());
    }
    return read_pieces;
  }();
  return pieces;
}

/// Every `stride`-th of them, cut at a boundary.
Corpus real_corpus(Boundary boundary, std::size_t stride) {
  const auto tokenizer = Tokenizer::create({}).value();
  const Segmenter segmenter(tokenizer.tokenization(), tokenizer.config(), tokenizer.vocabulary(),
                            boundary);
  Corpus corpus;
  for (std::size_t i = 0; i < real_pieces().size(); i += stride) {
    corpus.push_back({real_pieces()[i], {}});
    segmenter.words(corpus.back().ids, corpus.back().ends);
  }
  return corpus;
}

BpeTrainerOptions real_options(int merges) {
  BpeTrainerOptions options;
  options.base_size = Tokenizer::create({})->vocabulary().size();
  options.merges = merges;
  return options;
}

class RealBpe : public testing::TestWithParam<Boundary> {};

TEST_P(RealBpe, TrainerLearnsWhatANaiveTrainerLearns) {
  const Corpus corpus = real_corpus(GetParam(), 100);
  if (corpus.empty()) GTEST_SKIP() << "no data set valid_clean";
  const auto options = real_options(40);
  expect_same(learn(corpus, options), learn_naively(corpus, options));
}

// More places than one thread takes alone.
TEST_P(RealBpe, LearnsTheSameWithAnyNumberOfThreads) {
  const Corpus corpus = real_corpus(GetParam(), 3);
  if (corpus.empty()) GTEST_SKIP() << "no data set valid_clean";
  auto options = real_options(1000);
  const auto expected = learn(corpus, options);
  EXPECT_GT(expected.counts.front(), 16'384u);
  for (const int threads : {2, 3}) {
    options.threads = threads;
    expect_same(learn(corpus, options), expected);
  }
}

// Training leaves its own words as encoding makes them.
TEST_P(RealBpe, EncodingTheCorpusLeavesAsManyTokensAsTraining) {
  const Corpus corpus = real_corpus(GetParam(), 20);
  if (corpus.empty()) GTEST_SKIP() << "no data set valid_clean";
  const auto options = real_options(2000);
  const auto learned = learn(corpus, options);
  const auto bpe = Bpe::create(options.base_size, learned.merges).value();
  BpeScratch scratch;
  std::uint64_t tokens = 0;
  for (const Piece& piece : corpus) {
    Ids encoded, decoded;
    bpe.encode(piece.ids, piece.ends, scratch, encoded);
    bpe.decode(encoded, decoded);
    EXPECT_EQ(decoded, piece.ids);
    tokens += encoded.size();
  }
  EXPECT_EQ(tokens, learned.tokens_after);
}

INSTANTIATE_TEST_SUITE_P(Boundaries, RealBpe, testing::ValuesIn(kBoundaries),
                         [](const auto& boundary) {
                           return std::string(boundary_name(boundary.param));
                         });

TEST(BpeTrainer, CountsARunOfOneIdAsReplacementFindsIt) {
  BpeTrainerOptions options;
  options.base_size = 1;
  options.merges = 10;
  const auto learned = learn({{Ids(7, 0), {7}}, {Ids(4, 0), {4}}}, options);
  EXPECT_EQ(learned.merges, (std::vector<Merge>{{0, 0}, {1, 1}}));
  EXPECT_EQ(learned.counts, (std::vector<std::uint64_t>{5, 2}));
  EXPECT_EQ(learned.tokens_before, 11u);
  EXPECT_EQ(learned.tokens_after, 4u);  // 2 1 0 and 2
}

// Long runs touch from end to end, so no thread may be given a part of one.
TEST(BpeTrainer, LearnsLongRunsWithAnyNumberOfThreads) {
  Random random(3);
  Corpus corpus(1);
  while (corpus[0].ids.size() < 200'000) {
    corpus[0].ids.resize(corpus[0].ids.size() + 1 + random.below(3000), 0);
    corpus[0].ids.push_back(1);
  }
  corpus[0].ids.resize(500'000, 0);
  corpus[0].ends = {500'000};
  BpeTrainerOptions options;
  options.base_size = 2;
  options.merges = 12;
  const auto expected = learn(corpus, options);
  expect_same(expected, learn_naively(corpus, options));
  for (const int threads : {2, 3}) {
    options.threads = threads;
    expect_same(learn(corpus, options), expected);
  }
}

TEST(BpeTrainer, PassesOverTokensThatWouldBeTooLong) {
  BpeTrainerOptions options;
  options.base_size = 1;
  options.merges = 30;
  const auto learned = learn({{Ids(20'000, 0), {20'000}}}, options);
  const auto bpe = Bpe::create(1, learned.merges);
  ASSERT_TRUE(bpe.has_value()) << bpe.error().message;
  EXPECT_EQ(bpe->expansion(bpe->size() - 1).size(), Bpe::kMaxExpansion);
}

TEST(BpeTrainer, IsEmptyAfterLearning) {
  BpeTrainerOptions options;
  options.base_size = 4;
  options.merges = 3;
  BpeTrainer trainer(options);
  const Ids ids = {0, 1, 0, 1, 2, 3};
  ASSERT_TRUE(trainer.add(ids, Ends{6}).has_value());
  EXPECT_EQ(trainer.learn()->merges, (std::vector<Merge>{{0, 1}}));
  const auto nothing = trainer.learn().value();
  EXPECT_TRUE(nothing.merges.empty());
  EXPECT_EQ(nothing.tokens_before, 0u);
}

TEST(BpeTrainer, TellsHowFarItIs) {
  Random random(1);
  BpeTrainerOptions options;
  options.base_size = 4;
  options.merges = 20;
  std::vector<std::pair<int, int>> told;
  options.progress = [&](int done, int merges) { told.emplace_back(done, merges); };
  const auto learned = learn(any_corpus(random, 4, 50, 30), options);
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), std::pair(static_cast<int>(learned.merges.size()), 20));
}

TEST(BpeTrainer, StopsWhenAsked) {
  Random random(2);
  std::atomic<bool> stop = false;
  BpeTrainerOptions options;
  options.base_size = 4;
  options.merges = 100;
  options.stop = &stop;
  options.progress = [&](int, int) { stop = true; };
  BpeTrainer trainer(options);
  for (const Piece& piece : any_corpus(random, 4, 50, 30))
    ASSERT_TRUE(trainer.add(piece.ids, piece.ends).has_value());
  const auto learned = trainer.learn();
  ASSERT_FALSE(learned.has_value());
  EXPECT_EQ(learned.error().code, ErrorCode::kInterrupted);
}

TEST(BpeTrainer, RefusesWhatItCannotHold) {
  BpeTrainerOptions options;
  options.base_size = 4;
  options.merges = Bpe::kMaxTokens - 3;
  EXPECT_EQ(BpeTrainer(options).learn().error().code, ErrorCode::kLimit);
  options.merges = -1;
  EXPECT_EQ(BpeTrainer(options).learn().error().code, ErrorCode::kInvalidArgument);
  options.merges = 1;
  const auto added = BpeTrainer(options).add(Ids{0, 4}, Ends{2});
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sage
