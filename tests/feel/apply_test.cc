#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "feel/feel.h"
#include "feel/learn.h"
#include "players.h"
#include "score/timeline.h"

namespace sage {
namespace {

using test::drummer;
using test::straight_beat;

Feel learnt(double late_ms, double offbeat, bool swung, double spread_ms = 0) {
  FeelLearner learner("learnt", swung);
  learner.add(drummer(64, late_ms, offbeat, spread_ms));
  return learner.learn();
}

/// Mean deviation from the grid of the notes of a pitch, in ms at 120 bpm.
double mean_late(const Score& score, int pitch) {
  double sum = 0;
  int count = 0;
  const double sixteenth = score.ticks_per_quarter / 4.0;
  for (const Note& note : score.tracks[0].notes) {
    if (note.pitch != pitch) continue;
    const double at = static_cast<double>(note.onset.count) / sixteenth;
    sum += (at - std::round(at)) * 125;
    ++count;
  }
  return sum / count;
}

TEST(Feel, PlaysAsItsDrummerDoes) {
  const Feel feel = learnt(20, 0.5, false, 4);
  Score score = straight_beat(64);
  apply_feel(score, feel, {.seed = 3, .from = {}});
  EXPECT_NEAR(mean_late(score, test::kSnare) - mean_late(score, test::kKick), 20, 4);
  FeelLearner again("again", false);
  again.add(score);
  const Feel found = again.learn();
  EXPECT_NEAR(found.cell(DrumVoice::kHat, 0).accent - found.cell(DrumVoice::kHat, 2).accent, 30, 4);
  EXPECT_NEAR(found.cell(DrumVoice::kKick, 8).spread_ms, 4, 1.5);
}

TEST(Feel, TheSeedDecides) {
  const Feel feel = learnt(0, 0.5, false, 8);
  Score one = straight_beat(8), two = one, other = one;
  apply_feel(one, feel, {.seed = 1, .from = {}});
  apply_feel(two, feel, {.seed = 1, .from = {}});
  apply_feel(other, feel, {.seed = 2, .from = {}});
  EXPECT_EQ(one, two);
  EXPECT_NE(one, other);
}

TEST(Feel, LosesNoNote) {
  Score before = straight_beat(8);
  for (const Feel& feel : feels()) {
    Score after = before;
    apply_feel(after, feel, {.seed = 5, .from = {}});
    EXPECT_EQ(note_count(after), note_count(before)) << feel.name;
    EXPECT_GE(after.tracks[0].notes.front().onset.count, 0);
    EXPECT_TRUE(std::is_sorted(after.tracks[0].notes.begin(), after.tracks[0].notes.end()));
    std::multiset<int> pitches[2];
    for (int i = 0; i < 2; ++i)
      for (const Note& note : (i == 0 ? before : after).tracks[0].notes)
        pitches[i].insert(note.pitch);
    EXPECT_EQ(pitches[0], pitches[1]);
    for (const Note& note : after.tracks[0].notes) EXPECT_GT(note.duration.count, 0);
  }
}

TEST(Feel, SwingsStraightEighths) {
  const Feel feel = learnt(0, 0.64, true);
  Score score = straight_beat(8);
  apply_feel(score, feel, {});
  int offbeats = 0;
  for (const Note& note : score.tracks[0].notes) {
    const double share =
        static_cast<double>(note.onset.count % score.ticks_per_quarter) / score.ticks_per_quarter;
    if (share < 0.3 || share > 0.9) continue;
    EXPECT_NEAR(share, 0.64, 0.05);
    ++offbeats;
  }
  EXPECT_EQ(offbeats, 32);
}

TEST(Feel, DoesNotSwingTripletsNorCompoundMeters) {
  const Feel feel = learnt(0, 0.64, true);
  Score triplets = straight_beat(8);
  for (Note& note : triplets.tracks[0].notes)
    if (note.onset.count % 12 == 6) note.onset += Tick{2};
  apply_feel(triplets, feel, {});
  Score compound = straight_beat(6);
  compound.meters = {{Tick{0}, {6, 8}}};
  apply_feel(compound, feel, {});
  for (const Score* score : {&triplets, &compound})
    for (const Note& note : score->tracks[0].notes) {
      const double twelfths =
          12.0 * static_cast<double>(note.onset.count) / score->ticks_per_quarter;
      EXPECT_NEAR(twelfths, std::round(twelfths), 0.45);
    }
}

TEST(Feel, KeepsWhatStandsBeforeIt) {
  const Feel feel = learnt(20, 0.5, false, 8);
  Score before = straight_beat(8);
  Score after = before;
  const Tick from{4 * 48};
  apply_feel(after, feel, {.seed = 1, .from = from});
  const int factor = after.ticks_per_quarter / before.ticks_per_quarter;
  for (std::size_t i = 0; i < before.tracks[0].notes.size(); ++i) {
    const Note& note = before.tracks[0].notes[i];
    if (note.onset >= from) break;
    EXPECT_EQ(after.tracks[0].notes[i].onset, note.onset * factor);
    EXPECT_EQ(after.tracks[0].notes[i].velocity, note.velocity);
  }
  for (const Note& note : after.tracks[0].notes)
    if (note.velocity != 80) {
      EXPECT_GE(note.onset, from * factor);
    }
}

TEST(Feel, KeepsVelocitiesThatWerePlayed) {
  const Feel feel = learnt(0, 0.5, false);
  Score score = straight_beat(8);
  for (std::size_t i = 0; i < score.tracks[0].notes.size(); ++i)
    score.tracks[0].notes[i].velocity = static_cast<std::uint8_t>(40 + i * 29 % 71);
  std::multiset<int> before, after;
  for (const Note& note : score.tracks[0].notes) before.insert(note.velocity);
  apply_feel(score, feel, {});
  for (const Note& note : score.tracks[0].notes) after.insert(note.velocity);
  EXPECT_EQ(before, after);
}

TEST(Feel, TheNextNoteOfAPitchEndsTheOneBefore) {
  Score score = straight_beat(4);
  for (Note& note : score.tracks[0].notes) note.duration = Tick{12};
  apply_feel(score, learnt(0, 0.5, false, 10), {});
  const auto& notes = score.tracks[0].notes;
  for (std::size_t i = 0; i < notes.size(); ++i)
    for (std::size_t j = i + 1; j < notes.size(); ++j)
      if (notes[i].pitch == notes[j].pitch && notes[i].onset < notes[j].onset) {
        EXPECT_LE(notes[i].onset + notes[i].duration, notes[j].onset);
      }
}

TEST(Feel, SurvivesAnEmptyScore) {
  Score score;
  apply_feel(score, feels().front(), {});
  EXPECT_EQ(note_count(score), 0u);
}

}  // namespace
}  // namespace sage
