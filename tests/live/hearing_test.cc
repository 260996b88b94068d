#include "live/hearing.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

Lineup duo() { return {{{0, 0, false, "piano"}, {33, 1, true, "bass"}}}; }

std::vector<BandNote> told(Hearing& hearing, int time) {
  std::vector<BandNote> out;
  hearing.tell(Tick{time}, out);
  return out;
}

TEST(Hearing, SnapsNotesAndTellsThemOnce) {
  Hearing hearing(duo(), 12);
  hearing.take(note_on(0, 60, 90), 11.6);
  hearing.take(note_off(0, 60), 18.2);
  EXPECT_TRUE(told(hearing, 12).empty());
  const auto notes = told(hearing, 13);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0], (BandNote{0, {Tick{12}, Tick{7}, 60, 90}}));
  EXPECT_TRUE(told(hearing, 100).empty());
}

TEST(Hearing, GivesAHeldNoteTheUsualLength) {
  Hearing hearing(duo(), 12);
  hearing.take(note_on(0, 60, 90), 0);
  const auto notes = told(hearing, 3);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].note.duration, Tick{12});
  hearing.take(note_on(0, 62, 90), 2);
  EXPECT_EQ(told(hearing, 40)[0].note.duration, Tick{39});
}

TEST(Hearing, TakesAnAnticipatedFirstNoteAndNothingEarlier) {
  Hearing hearing(duo(), 12);
  hearing.take(note_on(0, 50, 90), -20);
  hearing.take(note_on(0, 60, 90), -2);  // first note lost at start: a fault of other systems
  const auto notes = told(hearing, 1);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].note.onset, Tick{0});
  EXPECT_EQ(notes[0].note.pitch, 60);
}

TEST(Hearing, IgnoresTheBandsOwnChannelsAndStrangers) {
  Hearing hearing(duo(), 12);
  hearing.take(note_on(1, 60, 90), 0);
  hearing.take(note_on(7, 60, 90), 0);
  EXPECT_TRUE(hearing.notes().empty());
}

TEST(Hearing, TellsNoMoreOfAFloodThanABandCanUse) {
  Hearing hearing(duo(), 12);
  for (int i = 0; i < 5000; ++i) hearing.take(note_on(0, i % 128, 90), 1);
  EXPECT_LE(told(hearing, 12).size(), 48u);
  EXPECT_GT(hearing.ignored(), 4000u);
  EXPECT_EQ(hearing.notes().size(), 5000u);
}

TEST(Hearing, KnowsWhatSoundsAndWhenItEnded) {
  Hearing hearing(duo(), 12);
  hearing.take(note_on(0, 60, 90), 0);
  hearing.take(note_on(0, 64, 90), 2);
  hearing.take(note_off(0, 60), 10);
  EXPECT_EQ(hearing.last_sound(20), 20);
  hearing.take(note_off(0, 64), 12);
  EXPECT_EQ(hearing.last_sound(20), 12);
  EXPECT_EQ(hearing.sounding(11, 20), PitchClasses(1u << 4));
  EXPECT_EQ(hearing.sounding(0, 20), PitchClasses(1u << 4 | 1u));
}

TEST(Hearing, LoudnessFollows) {
  Hearing hearing(duo(), 12);
  for (int i = 0; i < 40; ++i) {
    hearing.take(note_on(0, 60, 110), i);
    hearing.take(note_off(0, 60), i + 1);
  }
  EXPECT_NEAR(hearing.loudness(), 110, 1);
}

}  // namespace
}  // namespace sage::live
