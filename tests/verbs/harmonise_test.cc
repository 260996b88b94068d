#include "verbs/harmonise.h"

#include <gtest/gtest.h>

#include "verbs/melody.h"

namespace sage {
namespace {

/// A bar of 4/4 for each row of four quarters.
Score tune(const std::vector<std::vector<int>>& bars) {
  Score score;
  score.tracks.resize(1);
  int quarter = 0;
  for (const auto& bar : bars)
    for (const int pitch : bar)
      score.tracks[0].notes.push_back(
          {{480 * quarter++}, {480}, static_cast<std::uint8_t>(pitch), 80});
  return score;
}

TEST(Harmonise, FindsTheChordsOfBrokenTriads) {
  const Score score =
      tune({{60, 64, 67, 64}, {57, 60, 64, 60}, {65, 69, 72, 69}, {67, 71, 74, 71}});
  const std::size_t tracks[] = {0};
  EXPECT_EQ(harmonise(score, tracks, {}).value(), "C | Am | F | G");
  EXPECT_EQ(harmonise(score, tracks, {.first_bar = 1, .bars = 2}).value(), "Am | F");
}

TEST(Harmonise, AvoidsAProgression) {
  const Score score = tune({{60, 60, 64, 64}, {60, 60, 64, 64}});
  const std::size_t tracks[] = {0};
  EXPECT_EQ(harmonise(score, tracks, {}).value(), "C | C");
  EXPECT_EQ(harmonise(score, tracks, {.unlike = "C"}).value(), "Am | Am");
}

TEST(Harmonise, RefusesWhatIsNotThere) {
  const Score score = tune({{60, 60, 64, 64}});
  const std::size_t tracks[] = {0};
  EXPECT_FALSE(harmonise(score, tracks, {.first_bar = 4}));
  EXPECT_FALSE(harmonise(score, tracks, {.key = "H"}));
  EXPECT_FALSE(harmonise(score, {}, {}));
}

TEST(Melody, IsTheHighestPartThatPlaysEnough) {
  Score score = tune({{60, 62, 64, 65}, {67, 65, 64, 62}});
  score.tracks.resize(4);
  for (int i = 0; i < 2; ++i) score.tracks[1].notes.push_back({{1920 * i}, {1920}, 40, 80});
  score.tracks[2].notes.push_back({{0}, {240}, 100, 80});  // a single high note
  score.tracks[3].is_drum = true;
  score.tracks[3].notes.push_back({{0}, {3840}, 120, 80});
  EXPECT_EQ(melody_of(score), 0U);
  EXPECT_EQ(pitched_but(score, 0U), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(melody_of(Score{}), std::nullopt);
}

}  // namespace
}  // namespace sage
