#include "data/likeness.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/small_data.h"
#include "score/transform.h"
#include "support.h"

namespace sage {
namespace {

using test::small_piece;

/// A melody with some rhythm, over a bass.
Score song(std::uint64_t seed, int notes = 300) {
  Random random(seed);
  Score score;
  Track melody, bass;
  bass.program = 33;
  Tick at;
  for (int i = 0; i < notes; ++i) {
    const Tick length{120 * (1 + static_cast<std::int64_t>(random.below(4)))};
    melody.notes.push_back({at, length, static_cast<std::uint8_t>(60 + random.below(20))});
    if (i % 3 == 0)
      bass.notes.push_back({at, length, static_cast<std::uint8_t>(36 + random.below(12))});
    at += length;
  }
  score.tracks = {melody, bass};
  return score;
}

Score stretched(Score score, std::int64_t by) {
  for (Track& track : score.tracks)
    for (Note& note : track.notes) note.onset = note.onset * by, note.duration = note.duration * by;
  return score;
}

double jaccard(const Score& a, const Score& b) {
  const auto x = shingles_of(a), y = shingles_of(b);
  std::vector<std::uint32_t> both;
  std::set_intersection(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(both));
  return static_cast<double>(both.size()) / static_cast<double>(x.size() + y.size() - both.size());
}

TEST(FingerprintTest, IsBlindToKeyTempoNoteValuesAndFileFormat) {
  const Score original = song(1);
  const auto print = likeness_of(original).fingerprint;
  const auto same = [&](const Score& score) { return likeness_of(score).fingerprint == print; };
  Score copy = original;
  transpose(copy, -3);
  EXPECT_TRUE(same(copy));
  copy = original;
  copy.tempos = {{Tick{0}, 300'000}};
  EXPECT_TRUE(same(copy));
  EXPECT_TRUE(same(stretched(original, 2)));  // note values twice as long
  copy = original;
  copy.ticks_per_quarter = 960;  // half as long
  EXPECT_TRUE(same(copy));
  copy = stretched(original, 2);
  copy.ticks_per_quarter = 960;
  EXPECT_TRUE(same(copy));
  copy = original;
  for (Track& track : copy.tracks)
    for (Note& note : track.notes) note.onset += Tick{480};
  EXPECT_TRUE(same(copy));  // a rest in front
  copy = original;
  std::swap(copy.tracks[0], copy.tracks[1]);
  EXPECT_TRUE(same(copy));  // tracks in another order
}

TEST(FingerprintTest, TellsOtherMusicApart) {
  const Score original = song(1);
  const auto print = likeness_of(original).fingerprint;
  const auto same = [&](const Score& score) { return likeness_of(score).fingerprint == print; };
  EXPECT_FALSE(same(song(2)));
  Score other = original;
  other.tracks[0].notes[7].pitch += 1;
  EXPECT_FALSE(same(other));
  other = original;
  other.tracks[0].notes.pop_back();
  EXPECT_FALSE(same(other));
  other = original;
  other.tracks[1].program = 40;
  EXPECT_FALSE(same(other));
}

TEST(ShinglesTest, AreTheSameForTranspositionsTempiAndDoubledNoteValues) {
  const Score original = song(1);
  Score copy = stretched(original, 2);
  transpose(copy, 4);
  copy.tempos = {{Tick{0}, 900'000}};
  EXPECT_EQ(shingles_of(original), shingles_of(copy));
  EXPECT_LT(jaccard(original, song(2)), 0.02);
}

TEST(ShinglesTest, AFewAlteredNotesCostAFewShingles) {
  const Score original = song(1);
  Score altered = original;
  for (const std::size_t i : {20u, 120u, 220u}) altered.tracks[0].notes[i].pitch += 1;
  EXPECT_GT(jaccard(original, altered), 0.9);
  EXPECT_LT(jaccard(original, altered), 1.0);
}

TEST(SignatureTest, EstimatesTheJaccardSimilarity) {
  double error = 0;
  int count = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (int kept : {60, 120, 180, 240}) {
      // The first notes of one song, the rest of another.
      const Score a = song(seed);
      Score b = song(seed + 100);
      std::copy_n(a.tracks[0].notes.begin(), kept, b.tracks[0].notes.begin());
      b.tracks[1].notes = a.tracks[1].notes;
      normalise(b);
      const double difference =
          similarity(likeness_of(a).signature, likeness_of(b).signature) - jaccard(a, b);
      EXPECT_LT(std::abs(difference), 0.2);
      error += difference;
      ++count;
    }
  EXPECT_LT(std::abs(error / count), 0.02);  // no bias
}

TEST(LikePairsTest, FindsThePairsAndNothingElse) {
  std::vector<Likeness> pieces;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    pieces.push_back(likeness_of(song(seed)));
    Score altered = song(seed);
    for (const std::size_t i : {20u, 120u, 220u}) altered.tracks[0].notes[i].pitch += 1;
    pieces.push_back(likeness_of(altered));
  }
  std::vector<const Signature*> signatures;
  for (const Likeness& piece : pieces) signatures.push_back(&piece.signature);
  signatures[7] = nullptr;
  const auto pairs = like_pairs(signatures, 0.7);
  ASSERT_EQ(pairs.size(), 39u);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    EXPECT_EQ(pairs[i].first % 2, 0u);
    EXPECT_EQ(pairs[i].second, pairs[i].first + 1);
    EXPECT_TRUE(i == 0 || pairs[i - 1].second < pairs[i].second);
  }
}

TEST(LikePairsTest, ManyAlikeCostLittle) {
  const Likeness piece = likeness_of(song(1));
  const std::vector<const Signature*> signatures(20'000, &piece.signature);
  const auto pairs = like_pairs(signatures, 0.5);
  EXPECT_LT(pairs.size(), 33u * signatures.size());
  EXPECT_GT(pairs.size(), signatures.size());
}

}  // namespace
}  // namespace sage
