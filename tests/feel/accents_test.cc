#include "feel/accents.h"

#include <gtest/gtest.h>

#include "feel/learn.h"
#include "players.h"

namespace sage {
namespace {

using test::straight_beat;

Feel learnt() {
  FeelLearner learner("learnt", false);
  learner.add(test::drummer(64, 0, 0.5));
  return learner.learn();
}

TEST(Accents, AreTheDrummers) {
  Score score = straight_beat(8);
  accent_drums(score, learnt(), 1);
  for (const Note& note : score.tracks[0].notes) {
    if (note.pitch != test::kHat) continue;
    EXPECT_EQ(note.velocity, note.onset.count % 12 == 0 ? 95 : 65);
  }
  EXPECT_EQ(score.ticks_per_quarter, 12) << "accents are no timing";
}

TEST(Accents, DrumsThatWerePlayedStay) {
  Score score = straight_beat(8);
  for (std::size_t i = 0; i < score.tracks[0].notes.size(); ++i)
    score.tracks[0].notes[i].velocity = static_cast<std::uint8_t>(40 + i * 29 % 71);
  const Score before = score;
  accent_drums(score, learnt(), 1);
  EXPECT_EQ(score, before);
}

TEST(Accents, KeptNotesStayAndSetTheLevel) {
  Score score = straight_beat(8), kept = score;
  kept.tracks[0].notes.resize(kept.tracks[0].notes.size() / 2);
  for (std::size_t i = 0; i < kept.tracks[0].notes.size(); ++i)
    kept.tracks[0].notes[i].velocity = score.tracks[0].notes[i].velocity = 50;
  accent_drums(score, learnt(), 1, KeptNotes(kept));
  for (std::size_t i = 0; i < score.tracks[0].notes.size(); ++i) {
    const Note& note = score.tracks[0].notes[i];
    if (i < kept.tracks[0].notes.size()) {
      EXPECT_EQ(note.velocity, 50);
    } else if (note.pitch == test::kHat) {
      EXPECT_EQ(note.velocity, note.onset.count % 12 == 0 ? 65 : 35);
    }
  }
}

TEST(Accents, SurviveAnEmptyScore) {
  Score score;
  accent_drums(score, feels().front(), 1);
  EXPECT_EQ(score, Score{});
}

}  // namespace
}  // namespace sage
