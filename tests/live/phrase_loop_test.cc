#include "live/phrase_loop.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

const Tick kLength{96};
const std::vector<HeardNote> kHeard = {
    {0, 60, 80, 0.4, 11.7, false},    // snapped to tick 0
    {0, 64, 70, 90.0, 0, true},       // still down: to the end of the phrase
    {0, 67, 90, 100.0, 110.0, false}  // after the first phrase
};

TEST(PhraseLoop, PlaysTheFirstPhraseAgainInEveryRound) {
  const auto second = repeat_phrase(kHeard, {}, {}, kLength, Tick{96}, Tick{192});
  ASSERT_EQ(second.size(), 2u);
  EXPECT_EQ(second[0].note, (Note{Tick{96}, Tick{11}, 60, 80}));
  EXPECT_EQ(second[1].note, (Note{Tick{186}, Tick{6}, 64, 70}));
  const auto fifth = repeat_phrase(kHeard, {}, {}, kLength, Tick{384}, Tick{480});
  ASSERT_EQ(fifth.size(), 2u);
  EXPECT_EQ(fifth[0].note.onset, Tick{384});
}

TEST(PhraseLoop, GivesOnlyTheInterval) {
  const auto notes = repeat_phrase(kHeard, {}, {}, kLength, Tick{108}, Tick{192});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].note.pitch, 64);
}

TEST(PhraseLoop, RepeatsTheListedPartsOfTheRoundBefore) {
  const std::vector<BandNote> played = {{33, {Tick{96}, Tick{6}, 40, 80}},
                                        {48, {Tick{96}, Tick{6}, 62, 80}},
                                        {33, {Tick{192}, Tick{6}, 45, 80}}};
  const std::vector<int> bass = {33};
  const auto notes = repeat_phrase({}, played, bass, kLength, Tick{192}, Tick{288});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0], (BandNote{33, {Tick{192}, Tick{6}, 40, 80}}));
}

}  // namespace
}  // namespace sage::live
