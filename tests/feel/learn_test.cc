#include "feel/learn.h"

#include <gtest/gtest.h>

#include "players.h"

namespace sage {
namespace {

using test::drummer;

TEST(FeelLearner, FindsWhoIsLate) {
  FeelLearner learner("late", false);
  learner.add(drummer(32, 20, 0.5));
  const Feel feel = learner.learn();
  EXPECT_EQ(feel.performances, 1);
  EXPECT_DOUBLE_EQ(feel.offbeat, 0.5);
  const auto& snare = feel.cell(DrumVoice::kSnare, 4);
  EXPECT_EQ(snare.notes, 32);
  EXPECT_NEAR(snare.late_ms - feel.cell(DrumVoice::kKick, 0).late_ms, 20, 1.5);
  EXPECT_EQ(feel.cell(DrumVoice::kSnare, 0).notes, 0) << "it plays on two and four only";
}

TEST(FeelLearner, AConstantDeviationIsNoFeel) {
  FeelLearner learner("early", false);
  Score score = drummer(32, 0, 0.5);
  for (Note& note : score.tracks[0].notes) note.onset = note.onset + Tick{10};
  learner.add(score);
  EXPECT_NEAR(learner.learn().cell(DrumVoice::kKick, 0).late_ms, 0, 0.5);
}

TEST(FeelLearner, FindsAccents) {
  FeelLearner learner("accents", false);
  learner.add(drummer(32, 0, 0.5));
  const Feel feel = learner.learn();
  EXPECT_NEAR(feel.cell(DrumVoice::kHat, 0).accent, 15, 1);
  EXPECT_NEAR(feel.cell(DrumVoice::kHat, 2).accent, -15, 1);
}

TEST(FeelLearner, FindsTheSwungOffbeat) {
  FeelLearner learner("swing", true);
  learner.add(drummer(32, 0, 0.66));
  const Feel feel = learner.learn();
  EXPECT_NEAR(feel.offbeat, 0.66, 0.01);
  EXPECT_NEAR(feel.cell(DrumVoice::kHat, 2).late_ms, 0, 2);
  EXPECT_EQ(feel.cell(DrumVoice::kHat, 3).notes, 0);
}

TEST(FeelLearner, FindsTheSpread) {
  FeelLearner learner("loose", false);
  learner.add(drummer(200, 0, 0.5, 12));
  EXPECT_NEAR(learner.learn().cell(DrumVoice::kKick, 0).spread_ms, 12, 2);
}

TEST(FeelLearner, LearnsNothingFromNothing) {
  FeelLearner learner("none", true);
  learner.add(Score{});
  EXPECT_EQ(learner.learn().performances, 0);
}

}  // namespace
}  // namespace sage
