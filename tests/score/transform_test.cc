#include "score/transform.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "random_music.h"
#include "score/timeline.h"

namespace sage {
namespace {

TEST(Normalise, SortsNotesByOnsetThenPitch) {
  Score score;
  score.tracks.resize(1);
  score.tracks[0].notes = {{Tick{10}, Tick{1}, 60, 80},
                           {Tick{0}, Tick{9}, 64, 80},
                           {Tick{0}, Tick{5}, 64, 80},
                           {Tick{0}, Tick{50}, 40, 80}};
  normalise(score);
  const std::vector<Note> sorted = {{Tick{0}, Tick{50}, 40, 80},
                                    {Tick{0}, Tick{5}, 64, 80},
                                    {Tick{0}, Tick{9}, 64, 80},
                                    {Tick{10}, Tick{1}, 60, 80}};
  EXPECT_EQ(score.tracks[0].notes, sorted);
}

TEST(Normalise, KeepsTheOrderOfControlsAtOneTick) {
  Score score;
  score.tracks.resize(1);
  score.tracks[0].controls = {
      {Tick{5}, 7, 1}, {Tick{0}, 101, 0}, {Tick{0}, 100, 2}, {Tick{0}, 6, 64}};
  normalise(score);
  const std::vector<Control> sorted = {
      {Tick{0}, 101, 0}, {Tick{0}, 100, 2}, {Tick{0}, 6, 64}, {Tick{5}, 7, 1}};
  EXPECT_EQ(score.tracks[0].controls, sorted);
}

TEST(Normalise, TheLastChangeAtATickStays) {
  Score score;
  score.tempos = {{Tick{9}, 3}, {Tick{0}, 1}, {Tick{0}, 2}};
  score.meters = {{Tick{0}, {3, 4}}, {Tick{0}, {2, 4}}};
  score.keys = {{Tick{4}, 1, false}, {Tick{4}, -1, true}};
  normalise(score);
  EXPECT_EQ(score.tempos, (std::vector<TempoChange>{{Tick{0}, 2}, {Tick{9}, 3}}));
  EXPECT_EQ(score.meters, (std::vector<MeterChange>{{Tick{0}, {2, 4}}}));
  EXPECT_EQ(score.keys, (std::vector<KeySignature>{{Tick{4}, -1, true}}));
}

RC_GTEST_PROP(NormaliseProperty, TwiceIsOnceAndOrderDoesNotMatter, ()) {
  Score score = *test::any_score();
  Score again = score;
  for (Track& track : again.tracks) std::reverse(track.notes.begin(), track.notes.end());
  normalise(again);
  RC_ASSERT(again == score);
}

TEST(Transpose, MovesPitchesAndKeysButNoDrums) {
  Score score;
  score.tracks.resize(2);
  score.tracks[0].notes = {{Tick{0}, Tick{1}, 60}};
  score.tracks[0].pressures = {{Tick{0}, 60, 9}, {Tick{0}, Pressure::kWholeChannel, 9}};
  score.tracks[1].is_drum = true;
  score.tracks[1].notes = {{Tick{0}, Tick{1}, 36}};
  score.keys = {{Tick{0}, 0, false}, {Tick{9}, 1, true}};
  transpose(score, 2);
  EXPECT_EQ(score.tracks[0].notes[0].pitch, 62);
  EXPECT_EQ(score.tracks[0].pressures[0].pitch, 62);
  EXPECT_EQ(score.tracks[0].pressures[1].pitch, Pressure::kWholeChannel);
  EXPECT_EQ(score.tracks[1].notes[0].pitch, 36);
  EXPECT_EQ(score.keys[0].sharps, 2);  // C major to D major
  EXPECT_EQ(score.keys[1].sharps, 3);  // E minor to F sharp minor
}

TEST(Transpose, EveryKeyStaysAKey) {
  for (int sharps = -7; sharps <= 7; ++sharps)
    for (int semitones = -30; semitones <= 30; ++semitones) {
      Score score;
      score.keys = {{Tick{0}, static_cast<std::int8_t>(sharps), false}};
      transpose(score, semitones);
      const int moved = score.keys[0].sharps;
      ASSERT_GE(moved, -7);
      ASSERT_LE(moved, 7);
      // Seven fifths up is one semitone up, and twelve fifths come full circle.
      ASSERT_EQ(((moved - sharps - 7 * semitones) % 12 + 12) % 12, 0);
    }
}

RC_GTEST_PROP(TransposeProperty, PitchClassesMoveAndPitchesStayInRange, ()) {
  const Score score = *test::any_score();
  const int semitones = *rc::gen::inRange(-140, 141);
  Score moved = score;
  transpose(moved, semitones);
  RC_ASSERT(note_count(moved) == note_count(score));
  for (std::size_t i = 0; i < score.tracks.size(); ++i) {
    std::vector<int> expected;
    std::vector<int> found;
    for (const Note& note : score.tracks[i].notes)
      expected.push_back(score.tracks[i].is_drum ? note.pitch % 12
                                                 : (note.pitch + semitones + 144) % 12);
    for (const Note& note : moved.tracks[i].notes) {
      RC_ASSERT(note.pitch < 128);
      found.push_back(note.pitch % 12);
    }
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    RC_ASSERT(found == expected);
  }
}

TEST(Slice, TakesNotesThatStartInsideAndTheStateInForce) {
  Score score;
  score.tempos = {{Tick{0}, 400'000}, {Tick{150}, 300'000}, {Tick{900}, 1}};
  score.meters = {{Tick{100}, {3, 4}}};
  score.keys = {{Tick{20}, 2, false}};
  score.texts = {{Tick{0}, 5, "before"}, {Tick{120}, 5, "in"}};
  score.tracks.resize(1);
  score.tracks[0].name = "lead";
  score.tracks[0].program = 30;
  score.tracks[0].controls = {{Tick{90}, 7, 1}, {Tick{110}, 7, 2}};
  score.tracks[0].notes = {
      {Tick{50}, Tick{100}}, {Tick{100}, Tick{10}}, {Tick{190}, Tick{50}}, {Tick{200}, Tick{1}}};

  const Score part = slice(score, Tick{100}, Tick{200});
  EXPECT_EQ(part.tempos, (std::vector<TempoChange>{{Tick{0}, 400'000}, {Tick{50}, 300'000}}));
  EXPECT_EQ(part.meters, (std::vector<MeterChange>{{Tick{0}, {3, 4}}}));
  EXPECT_EQ(part.keys, (std::vector<KeySignature>{{Tick{0}, 2, false}}));
  EXPECT_EQ(part.texts, (std::vector<Text>{{Tick{20}, 5, "in"}}));
  EXPECT_EQ(part.tracks[0].name, "lead");
  EXPECT_EQ(part.tracks[0].program, 30);
  EXPECT_EQ(part.tracks[0].controls, (std::vector<Control>{{Tick{10}, 7, 2}}));
  EXPECT_EQ(part.tracks[0].notes, (std::vector<Note>{{Tick{0}, Tick{10}}, {Tick{90}, Tick{50}}}));

  EXPECT_EQ(slice(score, Tick{100}, Tick{200}, true).tracks[0].notes[1].duration, Tick{10});
}

RC_GTEST_PROP(SliceProperty, TheWholeIsItsOwnSlice, ()) {
  const Score score = *test::any_score();
  RC_ASSERT(slice(score, Tick{0}, Tick{std::int64_t{1} << 40}) == score);
}

RC_GTEST_PROP(SliceProperty, TwoHalvesHoldEveryNote, ()) {
  const Score score = *test::any_score();
  const Tick cut{*rc::gen::inRange<std::int64_t>(0, end_of(score).count + 2)};
  const Tick end = end_of(score) + Tick{1};
  RC_ASSERT(note_count(slice(score, Tick{0}, cut)) + note_count(slice(score, cut, end)) ==
            note_count(score));
}

}  // namespace
}  // namespace sage
