// The analysis of merges, on hand-written token sequences.
#include "tokens/bpe/analysis.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

class Anatomy : public testing::Test {
 protected:
  using Shape = MergeAnatomy::Shape;
  Tokenizer compact_ = Tokenizer::create({}).value();
  Tokenizer full_ = Tokenizer::create({.layout = Layout::kFull}).value();

  static MergeAnatomy of(const Tokenizer& tokenizer, const std::vector<TokenEvent>& events) {
    std::vector<std::uint16_t> ids;
    for (const auto [kind, value] : events)
      ids.push_back(static_cast<std::uint16_t>(tokenizer.vocabulary().id(kind, value)));
    return anatomy(ids, tokenizer);
  }
};

constexpr TokenEvent kBar{Kind::kBar}, kTempo{Kind::kTempo, 3}, kAt0{Kind::kPosition, 0},
    kAt6{Kind::kPosition, 6}, kPiano{Kind::kProgram, 0}, kBass{Kind::kProgram, 33},
    kC4{Kind::kPitch, 60}, kKick{Kind::kDrum, 36}, kLong{Kind::kDuration, 11};

TEST_F(Anatomy, Shapes) {
  EXPECT_EQ(of(compact_, {kBar, kTempo}).shape, Shape::kHead);
  EXPECT_EQ(of(compact_, {kAt0, kPiano}).shape, Shape::kFragment);
  EXPECT_EQ(of(compact_, {kPiano, kC4}).shape, Shape::kFragment);
  EXPECT_EQ(of(compact_, {kC4, kLong}).shape, Shape::kWholeNote);
  EXPECT_EQ(of(compact_, {kAt0, kPiano, kC4, kLong}).shape, Shape::kWholeNote);
  EXPECT_EQ(of(compact_, {kLong, kAt6}).shape, Shape::kNotes);
  EXPECT_EQ(of(compact_, {kC4, kLong, kC4}).shape, Shape::kNotes);
  EXPECT_EQ(of(compact_, {kLong, kBar}).shape, Shape::kNotes);
  EXPECT_EQ(of(compact_, {kLong}).shape, Shape::kFragment);
}

TEST_F(Anatomy, Crossings) {
  EXPECT_TRUE(of(compact_, {kLong, kAt6}).crosses_position);
  EXPECT_FALSE(of(compact_, {kC4, kLong, kC4}).crosses_position);
  EXPECT_TRUE(of(compact_, {kLong, kBar, kAt0}).crosses_bar);
  EXPECT_FALSE(of(compact_, {kBar, kAt0}).crosses_bar);
  // After a note without a new position, a program differs; after a position it may be the same.
  EXPECT_TRUE(of(compact_, {kLong, kBass}).crosses_instrument);
  EXPECT_FALSE(of(compact_, {kLong, kAt6, kBass}).crosses_instrument);
  EXPECT_TRUE(of(compact_, {kPiano, kC4, kLong, kAt6, kBass}).crosses_instrument);
  EXPECT_TRUE(of(compact_, {kC4, kLong, kKick}).crosses_instrument);
}

// The full layout writes position and program of every note, changed or not: from the token alone
// nobody knows which.
TEST_F(Anatomy, TheFullLayoutLeavesCrossingsOpen) {
  EXPECT_FALSE(of(full_, {kLong, kAt0}).crosses_position);
  EXPECT_FALSE(of(full_, {kAt0, kPiano, kC4, kLong, kAt0}).crosses_position);
  EXPECT_TRUE(of(full_, {kAt0, kPiano, kC4, kLong, kAt6}).crosses_position);
  EXPECT_FALSE(of(full_, {kLong, kAt0, kBass}).crosses_instrument);
}

TEST_F(Anatomy, ABarLineSaysPlaceAndProgramAnew) {
  const auto tsd = Tokenizer::create({.scheme = "tsd"}).value();
  const MergeAnatomy across = of(tsd, {kPiano, kC4, kLong, kBar, kPiano});
  EXPECT_TRUE(across.crosses_bar);
  EXPECT_FALSE(across.crosses_instrument);
  EXPECT_FALSE(across.crosses_position);
  EXPECT_TRUE(of(tsd, {kC4, kLong, kPiano}).crosses_instrument);
  EXPECT_TRUE(of(tsd, {kC4, kLong, {Kind::kTimeShift, 5}}).crosses_position);
}

TEST_F(Anatomy, MessagesAreWholeInMidiLike) {
  const auto midi = Tokenizer::create({.scheme = "midi-like"}).value();
  const TokenEvent off{Kind::kNoteOff, 60};
  EXPECT_EQ(of(midi, {kPiano, kC4}).shape, Shape::kWholeNote);
  EXPECT_EQ(of(midi, {kPiano, off}).shape, Shape::kWholeNote);
  EXPECT_EQ(of(midi, {kPiano, kC4, off}).shape, Shape::kNotes);
  EXPECT_EQ(of(midi, {{Kind::kTimeShift, 5}, kPiano}).shape, Shape::kFragment);
}

TEST_F(Anatomy, AttributesAndCounts) {
  const MergeAnatomy one = of(compact_, {kAt0, kPiano, kC4, kLong, kC4});
  EXPECT_EQ(describe_attributes(one.attributes), "position + program + pitch + duration");
  MergeComposition all;
  all.add(one);
  all.add(of(compact_, {kC4, kLong}), 5);
  EXPECT_EQ(all.total, 6U);
  EXPECT_EQ(all.shapes[static_cast<std::size_t>(Shape::kWholeNote)], 5U);
  EXPECT_EQ(all.crosses_note, 1U);
  EXPECT_EQ(all.attribute_sets[one.attributes], 1U);
}

}  // namespace
}  // namespace sage
