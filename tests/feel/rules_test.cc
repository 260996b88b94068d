#include "feel/rules.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "score/loudness.h"

namespace sage {
namespace {

/// `bars` bars of piano quavers and, if asked, a drum beat, all equally loud.
Score small_piece(std::uint64_t seed, int bars, bool drums = false) {
  Random random(seed);
  Score score;
  score.tempos = {{Tick{0}, 500'000}};
  score.meters = {{Tick{0}, {4, 4}}};
  score.tracks.resize(drums ? 2 : 1);
  for (int i = 0; i < 8 * bars; ++i)
    score.tracks[0].notes.push_back({Tick{240} * i, Tick{240},
                                     static_cast<std::uint8_t>(55 + random.below(24)),
                                     kDefaultVelocity});
  for (int i = 0; drums && i < 4 * bars; ++i)
    score.tracks[1].notes.push_back({Tick{480} * i, Tick{120},
                                     static_cast<std::uint8_t>(i % 2 == 0 ? 36 : 38),
                                     kDefaultVelocity});
  if (drums) score.tracks[1].is_drum = true;
  return score;
}

std::vector<int> velocities(const Track& track) {
  std::vector<int> all;
  for (const Note& note : track.notes) all.push_back(note.velocity);
  return all;
}

double mean_of(const std::vector<int>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The mean velocity of the notes whose index in the bar, of eight quavers, is `at`, over seeds.
double mean_at(int at) {
  std::vector<int> found;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Score score = small_piece(3, 16);
    for (Note& note : score.tracks[0].notes) note.pitch = 60;
    perform_by_rules(score, seed);
    for (std::size_t i = static_cast<std::size_t>(at); i < score.tracks[0].notes.size(); i += 8)
      found.push_back(score.tracks[0].notes[i].velocity);
  }
  return mean_of(found);
}

TEST(Rules, TheSameSeedPlaysTheSame) {
  Score one = small_piece(1, 8), two = one, other = one;
  perform_by_rules(one, 5);
  perform_by_rules(two, 5);
  perform_by_rules(other, 6);
  EXPECT_EQ(one, two);
  EXPECT_NE(one, other);
}

// What is played while it is written knows how long its phrase will be, if not what it will hold.
TEST(Rules, ABeginningIsPlayedAsInTheWhole) {
  Score whole = small_piece(1, 8);
  for (Note& note : whole.tracks[0].notes) note.pitch = 60;  // a register of the whole
  Score beginning = whole;
  beginning.tracks[0].notes.resize(20);  // two bars and a half
  Score cut = beginning;
  perform_by_rules(whole, 5);
  perform_by_rules(beginning, 5, {}, Tick{4 * 1920});
  perform_by_rules(cut, 5);
  whole.tracks[0].notes.resize(20);
  EXPECT_EQ(velocities(beginning.tracks[0]), velocities(whole.tracks[0]));
  EXPECT_NE(velocities(cut.tracks[0]), velocities(whole.tracks[0]));
}

TEST(Rules, ChangesNothingButVelocities) {
  Score before = small_piece(1, 8, true), after = before;
  perform_by_rules(after, 1);
  EXPECT_NE(velocities(after.tracks[0]), velocities(before.tracks[0]));
  for (std::size_t i = 0; i < before.tracks[0].notes.size(); ++i)
    after.tracks[0].notes[i].velocity = before.tracks[0].notes[i].velocity;
  EXPECT_EQ(after, before) << "drums and all other fields stay";
}

TEST(Rules, APersonsVelocitiesStay) {
  Score score = small_piece(1, 8);
  for (std::size_t i = 0; i < score.tracks[0].notes.size(); ++i)
    score.tracks[0].notes[i].velocity = static_cast<std::uint8_t>(50 + i * 37 % 41);
  const Score before = score;
  EXPECT_FALSE(has_flat_velocities(score.tracks[0]));
  perform_by_rules(score, 1);
  EXPECT_EQ(score, before);
}

TEST(Rules, DynamicsMarksStay) {
  Score score = small_piece(1, 16);
  auto& notes = score.tracks[0].notes;
  for (std::size_t i = 0; i < notes.size(); ++i) notes[i].velocity = i < notes.size() / 2 ? 48 : 96;
  EXPECT_TRUE(has_flat_velocities(score.tracks[0]));
  perform_by_rules(score, 1);
  const auto all = velocities(score.tracks[0]);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  EXPECT_NEAR(mean_of({middle, all.end()}) - mean_of({all.begin(), middle}), 48, 8);
}

TEST(Rules, StrongPlacesAreLouder) {
  const double downbeat = mean_at(0), half = mean_at(4), beat = mean_at(2), between = mean_at(1);
  EXPECT_GT(downbeat, half);
  EXPECT_GT(half, beat);
  EXPECT_GT(beat, between);
  EXPECT_GT(downbeat - between, 4);
}

TEST(Rules, TheBeatOfCompoundMetersIsThreeQuavers) {
  double third = 0, second = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Score score = small_piece(3, 12);
    score.meters = {{Tick{0}, {6, 8}}};
    for (Note& note : score.tracks[0].notes) note.pitch = 60;
    perform_by_rules(score, seed);
    for (std::size_t i = 0; i + 6 <= score.tracks[0].notes.size(); i += 6) {
      third += score.tracks[0].notes[i + 3].velocity;
      second += score.tracks[0].notes[i + 2].velocity;
    }
  }
  EXPECT_GT(third, second);
}

TEST(Rules, MelodyIsLouderThanWhatItStandsOn) {
  Score score = small_piece(1, 16);
  for (Note& note : score.tracks[0].notes) note.pitch = 72;
  score.tracks.push_back(score.tracks[0]);
  score.tracks[1].program = 32;
  for (Note& note : score.tracks[1].notes) note.pitch = 40;
  perform_by_rules(score, 1);
  EXPECT_GT(mean_of(velocities(score.tracks[0])) - mean_of(velocities(score.tracks[1])), 4);
}

TEST(Rules, SpreadsAsPeopleDo) {
  Score score = small_piece(1, 64);
  perform_by_rules(score, 3);
  const auto all = velocities(score.tracks[0]);
  const double mean = mean_of(all);
  double squares = 0;
  for (const int v : all) squares += (v - mean) * (v - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(all.size()));
  EXPECT_GT(deviation, 5);
  EXPECT_LT(deviation, 17);
}

TEST(Rules, KeptNotesStayAndSetTheLevel) {
  Score score = small_piece(1, 16);
  Score kept = score;
  for (Note& note : kept.tracks[0].notes) note.velocity = 40;
  score.tracks.push_back(kept.tracks[0]);
  perform_by_rules(score, 1, KeptNotes(kept));
  EXPECT_EQ(score.tracks[1], kept.tracks[0]);
  EXPECT_NEAR(mean_of(velocities(score.tracks[0])), 40, 8);
}

TEST(Rules, SurvivesScoresWithoutPitchedNotes) {
  Score empty, drums = small_piece(1, 4, true);
  drums.tracks.erase(drums.tracks.begin());
  const Score before = drums;
  perform_by_rules(empty, 1);
  perform_by_rules(drums, 1);
  EXPECT_EQ(drums, before);
}

}  // namespace
}  // namespace sage
