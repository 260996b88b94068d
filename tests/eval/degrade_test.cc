#include "eval/degrade.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "folders.h"
#include "metrics/similarity.h"

namespace sage {
namespace {

const Degradation& way(std::string_view name) {
  const auto all = degradations();
  return *std::find_if(all.begin(), all.end(),
                       [&](const Degradation& d) { return d.name == name; });
}

Similarity after(std::string_view name, const Score& original) {
  const Piece a = on_grid(degrade(original, way(name), 2, 7).value()).value();
  const Piece b = on_grid(original).value();
  return similarity(features_of(a).value(), features_of(b).value());
}

TEST(Degrade, LeavesTheFirstBarsAlone) {
  const Score original = test::random_song(5, 12);
  for (const Degradation& how : degradations()) {
    const Score changed = degrade(original, how, 3, 1).value();
    const Tick end{1920 * 3};
    EXPECT_EQ(slice(changed, Tick{0}, end).tracks, slice(original, Tick{0}, end).tracks)
        << how.name;
    EXPECT_EQ(changed, degrade(original, how, 3, 1).value()) << how.name;
    EXPECT_EQ(changed == original, how.name == "identity") << how.name;
  }
}

TEST(Degrade, EachWayHurtsTheTermThatItShould) {
  const Score original = test::random_song(5, 16);
  EXPECT_EQ(after("identity", original).nmsi(), 100.0);
  const Similarity transposed = after("transposed", original);
  EXPECT_LT(transposed.chroma, 0.9);
  EXPECT_EQ(transposed.groove, 1.0);
  EXPECT_EQ(transposed.density, 1.0);
  const Similarity shuffled = after("shuffled_bars", original);
  EXPECT_LT(shuffled.chroma, 0.95);
  EXPECT_LT(shuffled.groove, 0.99);
  const Similarity jittered = after("jittered", original);
  EXPECT_LT(jittered.groove, 0.8);
  EXPECT_GT(jittered.chroma, 0.9);
  EXPECT_LT(after("thinned", original).density, 0.9);
  const Similarity pitches = after("random_pitches", original);
  EXPECT_LT(pitches.chroma, 0.9);
  EXPECT_EQ(pitches.groove, 1.0);
}

TEST(Degrade, KeepsEveryNoteWhereItOnlyMovesThem) {
  const Score original = test::random_song(5, 16);
  for (const char* name : {"transposed", "shuffled_bars", "jittered", "random_pitches"})
    EXPECT_EQ(note_count(degrade(original, way(name), 2, 3).value()), note_count(original));
}

}  // namespace
}  // namespace sage
