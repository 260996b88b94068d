// The guarantees of the representation with merges, for every scheme, layout and boundary; and the
// grammar over merged tokens against trying each of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "midi/reader.h"
#include "random_music.h"
#include "support.h"
#include "tokens/bpe/analysis.h"
#include "tokens/bpe/grammar.h"
#include "tokens/configs.h"
#include "tokens/merges.h"
#include "tokens/score_builder.h"

namespace sage {
namespace {

/// Every tokenizer at the default grid, with merges at this boundary; made once.
const std::vector<Tokenizer>& merged_tokenizers(Boundary boundary) {
  static std::map<Boundary, std::vector<Tokenizer>> made;
  auto& tokenizers = made[boundary];
  if (tokenizers.empty())
    for (const Tokenizer& base : test::default_grid_tokenizers())
      tokenizers.push_back(test::with_merges(base, boundary));
  return tokenizers;
}

Boundary any_boundary() { return *rc::gen::elementOf(kBoundaries); }

std::vector<TokenId> base_ids(const Tokenizer& tokenizer, const Score& score) {
  return tokenizer.write(tokenizer.quantise(score).value());
}

/// Guarantee 1, and that merging loses and changes nothing.
void expect_exact_merged(const Tokenizer& tokenizer, const Score& score, const std::string& what) {
  const auto piece = tokenizer.quantise(score);
  ASSERT_TRUE(piece.has_value()) << what << ": " << piece.error().message;
  const auto ids = tokenizer.encode(score).value();
  const auto base = tokenizer.write(*piece);
  EXPECT_EQ(tokenizer.expand(ids), base) << what << ", " << describe(tokenizer.config());
  EXPECT_LE(ids.size(), base.size()) << what;
  const auto decoded = tokenizer.decode(ids);
  ASSERT_TRUE(decoded.has_value()) << what << ": " << decoded.error().message;
  EXPECT_EQ(*decoded, piece->score) << what << ", " << describe(tokenizer.config());
}

TEST(Merged, TheBandIsShorterForIt) {
  for (const Boundary boundary : kBoundaries) {
    for (const Tokenizer& tokenizer : merged_tokenizers(boundary)) {
      const Score band = test::band_score(9);
      EXPECT_TRUE(tokenizer.has_merges());
      EXPECT_LT(tokenizer.encode(band)->size(), base_ids(tokenizer, band).size())
          << describe(tokenizer.config());
      expect_exact_merged(tokenizer, band, "band");
    }
  }
}

RC_GTEST_PROP(Merged, DecodingAnEncodedScoreGivesTheQuantisedScore, ()) {
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : merged_tokenizers(any_boundary()))
    expect_exact_merged(tokenizer, score, "random score");
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(Merged, TransposingTransposesExactlyThePitchTokens, ()) {
  Score score = test::band_score(*rc::gen::inRange<std::uint64_t>(1, 100));
  const int semitones = *rc::gen::inRange(-12, 13);
  Score moved = score;
  transpose(moved, semitones);
  for (const Tokenizer& tokenizer : merged_tokenizers(any_boundary())) {
    auto expected = tokenizer.expand(tokenizer.encode(score).value());
    for (TokenId& id : expected) id = tokenizer.vocabulary().transposed(id, semitones);
    RC_ASSERT(tokenizer.expand(tokenizer.encode(moved).value()) == expected);
  }
}

RC_GTEST_PROP(Merged, HolesKeepTheScore, ()) {
  const Score score = test::band_score(*rc::gen::inRange<std::uint64_t>(1, 100));
  for (const Tokenizer& tokenizer : merged_tokenizers(any_boundary())) {
    const auto piece = tokenizer.quantise(score).value();
    EncodeOptions options;
    for (int bar = 0; bar < static_cast<int>(piece.bars.size()); ++bar)
      for (const Track& track : piece.score.tracks)
        if (*rc::gen::inRange(0, 4) == 0) options.holes.push_back({bar, track.program_or_drum()});
    const auto decoded = tokenizer.decode(tokenizer.encode(score, options).value());
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == piece.score);
  }
}

// Guarantee 5.
RC_GTEST_PROP(Merged, ReadingOneTokenAtATimeIsBatchDecoding, ()) {
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : merged_tokenizers(any_boundary())) {
    const auto ids = tokenizer.encode(score).value();
    ScoreBuilder builder(tokenizer.config().grid);
    auto reader = tokenizer.reader();
    for (const TokenId id : ids)
      for (const TokenId base : tokenizer.expansion(id)) builder.add(reader->push(base));
    RC_ASSERT(builder.build() == tokenizer.decode(ids).value());
  }
}

TEST(Merged, NoTokenCrossesItsBoundary) {
  for (const Boundary boundary : kBoundaries) {
    for (const Tokenizer& tokenizer : merged_tokenizers(boundary)) {
      const auto ids = tokenizer.encode(test::band_score(9)).value();
      const auto expanded = tokenizer.expand(ids);
      const std::vector<std::uint16_t> base(expanded.begin(), expanded.end());
      std::vector<std::uint32_t> ends;
      tokenizer.segmenter().words(base, ends);
      std::uint32_t begin = 0;
      for (const TokenId id : ids) {
        const auto end = begin + static_cast<std::uint32_t>(tokenizer.expansion(id).size());
        const auto word_end = *std::upper_bound(ends.begin(), ends.end(), begin);
        ASSERT_LE(end, word_end) << tokenizer.describe(id) << ", " << describe(tokenizer.config());
        begin = end;
      }
      for (TokenId id = tokenizer.vocabulary().size(); id < tokenizer.size(); ++id) {
        const MergeAnatomy parts = anatomy(tokenizer.expansion(id), tokenizer);
        const bool in_position = boundary == Boundary::kPosition || boundary == Boundary::kNote;
        EXPECT_FALSE(parts.crosses_bar && boundary != Boundary::kNone) << tokenizer.describe(id);
        EXPECT_FALSE(parts.crosses_position && in_position) << tokenizer.describe(id);
        EXPECT_FALSE(parts.crosses_note && boundary == Boundary::kNote) << tokenizer.describe(id);
      }
    }
  }
}

// ------------------------------------------------------------------------------------------------
// the grammar over merged tokens

bool accepts(const EventReader& reader, const Tokenizer& tokenizer, TokenId id) {
  const auto trial = reader.clone();
  for (const TokenId base : tokenizer.expansion(id))
    if (trial->push(base).type == ReadEvent::Type::kIllegal) return false;
  return true;
}

bool contains(const std::vector<IdRange>& ranges, TokenId id) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IdRange& r) { return id >= r.begin && id < r.end; });
}

/// A random piece under the grammar; merged tokens are taken where there are any, most of the time.
std::vector<TokenId> sample(
    const Tokenizer& tokenizer, Random& random, std::size_t length,
    const std::function<void(const EventReader&, const std::vector<IdRange>&)>& look) {
  const auto reader = tokenizer.reader();
  MergeGrammar grammar(tokenizer.trie());
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  std::vector<IdRange> legal;
  for (;;) {
    grammar.allowed(*reader, legal);
    if (legal.empty()) return ids;
    look(*reader, legal);
    std::vector<TokenId> all, merged;
    for (const IdRange& range : legal)
      for (TokenId id = range.begin; id < range.end; ++id)
        (id < vocabulary.size() ? all : merged).push_back(id);
    const auto& from = !merged.empty() && random.below(4) > 0 ? merged : all;
    TokenId id = from[random.below(static_cast<std::uint32_t>(from.size()))];
    const bool closing = ids.size() >= length;
    const auto is = [&](Kind kind) { return contains(legal, vocabulary.id(kind)); };
    if (closing) {
      const IdRange shifts = vocabulary.range(Kind::kTimeShift);
      for (TokenId shift = shifts.begin; shift < shifts.end; ++shift)
        if (contains(legal, shift)) id = shift;
      for (const Kind kind : {Kind::kEos, Kind::kEndFill, Kind::kFill})
        if (is(kind)) id = vocabulary.id(kind);
    } else if (all.size() > 1) {
      while (id == vocabulary.id(Kind::kEos))
        id = all[random.below(static_cast<std::uint32_t>(all.size()))];
    }
    for (const TokenId base : tokenizer.expansion(id))
      EXPECT_NE(reader->push(base).type, ReadEvent::Type::kIllegal);
    ids.push_back(id);
  }
}

TEST(MergedGrammar, WhateverIsSampledDecodesToAValidScore) {
  Random random(1);
  for (const Boundary boundary : kBoundaries) {
    for (const Tokenizer& tokenizer : merged_tokenizers(boundary)) {
      for (int piece = 0; piece < 12; ++piece) {
        const auto ids = sample(tokenizer, random, 100, [](const auto&, const auto&) {});
        const auto score = tokenizer.decode(ids);
        ASSERT_TRUE(score.has_value()) << score.error().message;
        EXPECT_EQ(tokenizer.quantise(*score)->score.tracks, score->tracks)
            << describe(tokenizer.config());
      }
    }
  }
}

TEST(MergedGrammar, IsExactlyWhatTheReaderAccepts) {
  Random random(2);
  for (const Boundary boundary : {Boundary::kNone, Boundary::kNote}) {
    for (const Tokenizer& tokenizer : merged_tokenizers(boundary)) {
      sample(tokenizer, random, 60, [&](const EventReader& reader, const auto& legal) {
        for (TokenId id = 0; id < tokenizer.size(); ++id)
          ASSERT_EQ(contains(legal, id), accepts(reader, tokenizer, id))
              << tokenizer.describe(id) << ", " << describe(tokenizer.config());
      });
    }
  }
}

// Two ways to merge the same string are two tokens, and both are legal where one is.
TEST(MergedGrammar, KnowsEveryTokenOfAnExpansion) {
  const Tokenizer base = Tokenizer::create({}).value();
  const Vocabulary& v = base.vocabulary();
  const TokenId pitch = v.id(Kind::kPitch, 60), length = v.id(Kind::kDuration, 3);
  const TokenId place = v.id(Kind::kPosition, 0);
  const TokenId first = v.size();
  const TokenId program = v.id(Kind::kProgram, 0);
  TokenizerConfig config;
  config.merges.pairs = {{program, pitch}, {pitch, length}, {first, length}, {program, first + 1}};
  const auto tokenizer = Tokenizer::create(config).value();
  const auto reader = tokenizer.reader();
  for (const TokenId id :
       {v.id(Kind::kBos), v.id(Kind::kStart), v.id(Kind::kBar),
        v.id(Kind::kTimeSignature, *v.meter_index({4, 4})), v.id(Kind::kTempo, 20), place})
    ASSERT_NE(reader->push(id).type, ReadEvent::Type::kIllegal);
  MergeGrammar grammar(tokenizer.trie());
  std::vector<IdRange> legal;
  grammar.allowed(*reader, legal);
  for (const TokenId id : {first, first + 2, first + 3}) EXPECT_TRUE(contains(legal, id));
  EXPECT_FALSE(contains(legal, first + 1));
}

// ------------------------------------------------------------------------------------------------
// real music

class MergedRealMusic : public testing::TestWithParam<const char*> {};

TEST_P(MergedRealMusic, KeepsTheGuarantees) {
  const auto folder = test::data_directory(GetParam());
  if (!folder)
    GTEST_SKIP() << "no music data: set SAGE_DATA to the folder that holds " << GetParam();
  const auto files = test::midi_files(*folder);
  const std::size_t stride = std::max<std::size_t>(1, files.size() / 10);
  std::size_t turn = 0;
  for (std::size_t i = 0; i < files.size(); i += stride) {
    const auto read = read_midi_file(files[i]);
    if (!read) continue;
    const Boundary boundary = kBoundaries[turn++ % kBoundaries.size()];
    for (const Tokenizer& tokenizer : merged_tokenizers(boundary))
      if (tokenizer.quantise(read->score))
        expect_exact_merged(tokenizer, read->score, files[i].filename().string());
  }
}

INSTANTIATE_TEST_SUITE_P(Data, MergedRealMusic,
                         testing::Values("odd", "test_multitrack", "test_piano", "valid_clean"),
                         [](const auto& set) { return std::string(set.param); });

}  // namespace
}  // namespace sage
