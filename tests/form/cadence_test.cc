#include "form/cadence.h"

#include <gtest/gtest.h>

namespace sage {
namespace {

constexpr EstimatedKey kCMajor{0, false};
constexpr EstimatedKey kAMinor{9, true};
constexpr Tick kLine{48};  // of the second bar of 4/4, 12 ticks a quarter

/// A chord on the line, held for the bar.
Score chord(std::vector<int> pitches, int length = 48) {
  Score score;
  score.ticks_per_quarter = 12;
  score.tracks.resize(1);
  for (const int pitch : pitches)
    score.tracks[0].notes.push_back({kLine, {length}, static_cast<std::uint8_t>(pitch), 80});
  return score;
}

double strength(const Score& score, EstimatedKey key, Close close) {
  return close_strength(score, kLine, Tick{96}, key, close);
}

TEST(Cadence, ATonicThatRestsIsTheStrongestFullClose) {
  EXPECT_DOUBLE_EQ(strength(chord({48, 64, 67}), kCMajor, Close::kFull), 2.5);
  EXPECT_DOUBLE_EQ(strength(chord({45, 60, 64}), kAMinor, Close::kFull), 2.5);
}

TEST(Cadence, TheDominantStaysOpen) {
  const Score dominant = chord({43, 59, 62});
  EXPECT_DOUBLE_EQ(strength(dominant, kCMajor, Close::kOpen), 2.5);
  EXPECT_LT(strength(dominant, kCMajor, Close::kFull), 1);
  // E major in A minor: the leading tone belongs to it.
  EXPECT_DOUBLE_EQ(strength(chord({40, 56, 59}), kAMinor, Close::kOpen), 2.5);
}

TEST(Cadence, InversionsForeignNotesAndUnrestAreWeaker) {
  const double best = strength(chord({48, 64, 67}), kCMajor, Close::kFull);
  EXPECT_LT(strength(chord({52, 60, 67}), kCMajor, Close::kFull), best);
  EXPECT_LT(strength(chord({48, 64, 66}), kCMajor, Close::kFull), best);
  Score restless = chord({48, 64, 67}, 6);
  for (Note note : chord({48, 64, 67}, 6).tracks[0].notes) {
    note.onset = Tick{90};
    restless.tracks[0].notes.push_back(note);
  }
  EXPECT_LT(strength(restless, kCMajor, Close::kFull), best);
}

TEST(Cadence, HeldNotesCountAndDrumsDoNot) {
  Score score = chord({64, 67});
  score.tracks.resize(3);
  score.tracks[1].notes.push_back({Tick{0}, {96}, 36, 80});
  score.tracks[2].is_drum = true;
  score.tracks[2].notes.push_back({Tick{90}, {1}, 35, 80});
  EXPECT_DOUBLE_EQ(strength(score, kCMajor, Close::kFull), 2.5);
}

TEST(Cadence, NothingClosesWithoutNotes) {
  EXPECT_EQ(strength(Score{}, kCMajor, Close::kFull), 0);
  Score before = chord({48});
  before.tracks[0].notes[0].onset = Tick{0};
  EXPECT_EQ(strength(before, kCMajor, Close::kFull), 0);
  EXPECT_EQ(strength(chord({48}), EstimatedKey{}, Close::kFull), 0);
}

}  // namespace
}  // namespace sage
