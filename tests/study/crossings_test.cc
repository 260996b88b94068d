// What merged tokens reach across, on a bar written by hand.
#include "study/crossings.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

/// Piano C4 and E4 and a bass note on the first beat, piano G4 on the second; all of one length.
class CrossingsTest : public testing::TestWithParam<Layout> {
 protected:
  Score score() const {
    Score score;
    score.ticks_per_quarter = 12;
    score.tracks.resize(2);
    score.tracks[0].notes = {{{0}, {12}, 60, 80}, {{0}, {12}, 64, 80}, {{12}, {12}, 67, 80}};
    score.tracks[1].program = 33;
    score.tracks[1].notes = {{{0}, {12}, 36, 80}};
    return score;
  }
  /// Counts with exactly these merges.
  Crossings with(const std::vector<Merge>& merges) const {
    TokenizerConfig config = {.layout = GetParam()};
    config.merges.pairs = merges;
    const auto tokenizer = Tokenizer::create(config).value();
    const auto whole = tokenizer.write(tokenizer.quantise(score()).value());
    const auto merged = tokenizer.merge(whole);
    const std::vector<std::uint16_t> base(whole.begin(), whole.end());
    const std::vector<std::uint16_t> ids(merged.begin(), merged.end());
    Crossings crossings;
    count_crossings(tokenizer, base, ids, crossings);
    return crossings;
  }
  Vocabulary v_ = Tokenizer::create({})->vocabulary();
  TokenId length_ = v_.id(Kind::kDuration, v_.duration_index(12));
  TokenId first_ = v_.size();  // of the first merge
};

TEST_P(CrossingsTest, BaseTokensCrossNothing) {
  const Crossings none = with({});
  EXPECT_GT(none.tokens, 10U);
  EXPECT_EQ(none.notes + none.positions + none.instruments + none.bars, 0U);
}

TEST_P(CrossingsTest, ANoteIsNoCrossing) {
  const Crossings whole = with({{v_.id(Kind::kPitch, 60), length_}});
  EXPECT_EQ(whole.notes, 0U);
}

// In the full layout the token itself does not show that the program changed; its context does.
TEST_P(CrossingsTest, InstrumentsAreCountedInContext) {
  const TokenId bass = v_.id(Kind::kProgram, 33), at0 = v_.id(Kind::kPosition, 0);
  const bool full = GetParam() == Layout::kFull;
  const Crossings across = full ? with({{length_, at0}, {first_, bass}}) : with({{length_, bass}});
  EXPECT_EQ(across.instruments, 1U);
  EXPECT_EQ(across.positions, 0U);
  EXPECT_EQ(across.notes, full ? 2U : 1U);
}

TEST_P(CrossingsTest, PositionsAreCountedInContext) {
  const Crossings across = with({{length_, v_.id(Kind::kPosition, 12)}});
  EXPECT_EQ(across.notes, 1U);
  EXPECT_EQ(across.positions, 1U);
}

INSTANTIATE_TEST_SUITE_P(Layouts, CrossingsTest, testing::Values(Layout::kFull, Layout::kCompact));

}  // namespace
}  // namespace sage
