#include "metrics/listening.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "pieces.h"
#include "score/transform.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

constexpr std::int64_t kBarTicks = 4 * kMetricGrid;

/// Four bars of chords C F G C in half notes, and a part that plays their notes in quarters.
Piece chords() {
  std::vector<Note> notes;
  for (int bar = 0; bar < 4; ++bar)
    for (const int third : {0, 4, 7})
      notes.push_back(note(kBarTicks * bar, kBarTicks,
                           60 +
                               (bar == 1   ? 5
                                : bar == 2 ? 7
                                           : 0) +
                               third));
  return piece({part(0, notes)});
}
Piece tune() {
  std::vector<Note> notes;
  const int tones[4][4] = {{72, 76, 79, 76}, {77, 81, 72, 77}, {79, 74, 71, 74}, {76, 72, 79, 72}};
  for (int bar = 0; bar < 4; ++bar)
    for (int beat = 0; beat < 4; ++beat)
      notes.push_back(note(kBarTicks * bar + 12 * beat, 12, tones[bar][beat]));
  return piece({part(40, notes)});
}
double ratio(const Clash& c) { return c.clashing / c.rotated; }

TEST(Clash, ByHand) {
  // C held; B for one quarter, D flat for one, G for two: half of the time clashes wherever it is.
  const Piece kept = piece({part(0, {note(0, kBarTicks, 60)})});
  const Piece fresh = piece({part(40, {note(0, 12, 83), note(12, 12, 73), note(24, 24, 67)})});
  const Clash c = clash(fresh, kept);
  EXPECT_TRUE(c.defined);
  EXPECT_EQ(c.time, kBarTicks);
  EXPECT_DOUBLE_EQ(c.clashing, 0.5);
  EXPECT_DOUBLE_EQ(c.rotated, 0.5);
  EXPECT_EQ(c.doubling, 0);
}

TEST(Clash, NotesThatFitClashLessThanTheSameNotesElsewhere) {
  const Clash fits = clash(tune(), chords());
  EXPECT_EQ(fits.clashing, 0);
  EXPECT_GT(fits.rotated, 0.1);
  EXPECT_EQ(fits.doubling, 1);
}

TEST(Clash, KnownDamageIsFound) {
  Piece late = tune();  // two bars later, the last two first: keeps key, pitches and rhythm
  for (Note& n : late.score.tracks[0].notes)
    n.onset.count = (n.onset.count + 2 * kBarTicks) % (4 * kBarTicks);
  normalise(late.score);
  EXPECT_GT(ratio(clash(late, chords())), 1);
  Piece high = tune();
  transpose(high.score, 1);
  EXPECT_GT(clash(high, chords()).clashing, 0.5);
  EXPECT_GT(ratio(clash(high, chords())), 1);
}

TEST(Clash, OfRandomPlacesIsOne) {
  Random random(1);
  double clashing = 0, rotated = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Piece mixed = tune();
    auto& notes = mixed.score.tracks[0].notes;
    for (std::size_t i = notes.size(); i-- > 1;)
      std::swap(notes[i].pitch, notes[random.below(static_cast<std::uint32_t>(i + 1))].pitch);
    const Clash c = clash(mixed, chords());
    clashing += c.clashing;
    rotated += c.rotated;
  }
  EXPECT_NEAR(clashing / rotated, 1, 0.05);
}

TEST(Clash, NeedsTwoPitchedInstruments) {
  EXPECT_FALSE(clash(tune(), piece({part(kDrumProgram, {note(0, 12, 38)})})).defined);
  EXPECT_FALSE(clash(piece({part(kDrumProgram, {note(0, 12, 38)})}), chords()).defined);
  // A second voice of the same instrument is no other instrument.
  const Piece kept = piece({part(40, {note(0, kBarTicks, 60)})});
  EXPECT_FALSE(clash(piece({part(40, {note(0, kBarTicks, 61)})}), kept).defined);
  EXPECT_TRUE(clash(piece({part(41, {note(0, kBarTicks, 61)})}), kept).defined);
}

TEST(Matches, CountEachNoteOnce) {
  const Piece expected = piece({part(40, {note(0, 12, 60), note(12, 12, 62), note(24, 12, 64)})});
  const Piece written = piece({part(40, {note(0, 6, 60), note(12, 12, 74), note(30, 12, 64)}),
                               part(41, {note(24, 12, 64)})});
  const Matches m = matches(written, expected);
  EXPECT_EQ(m.written, 4u);
  EXPECT_EQ(m.expected, 3u);
  EXPECT_EQ(m.pitch, 1u);
  EXPECT_EQ(m.pitch_class, 2u);
  EXPECT_DOUBLE_EQ(m.pitch_share(), 2.0 / 7);
  EXPECT_EQ(matches(expected, expected).pitch_share(), 1);
  EXPECT_TRUE(std::isnan(matches(piece({}), piece({})).pitch_share()));
}

TEST(RootShare, KnowsRightAndWrongBasses) {
  const int roots[] = {0, 5, 7, 0};
  const auto bass = [](std::vector<int> pitches) {
    std::vector<Note> notes;
    for (std::size_t bar = 0; bar < pitches.size(); ++bar)
      notes.push_back(note(kBarTicks * static_cast<std::int64_t>(bar), kBarTicks, pitches[bar]));
    return piece({part(33, notes)});
  };
  EXPECT_EQ(root_share(bass({36, 41, 43, 36}), roots).on_root, 1);
  EXPECT_EQ(root_share(bass({36, 41, 43, 36}), roots).beats, 8u);
  EXPECT_DOUBLE_EQ(root_share(bass({36, 41, 43, 36}), roots).chance, (2 + 1 + 1 + 2) / 16.0);
  EXPECT_EQ(root_share(bass({37, 42, 44, 37}), roots).on_root, 0);
  // A bass that does not hear the changes has what chance has.
  EXPECT_EQ(root_share(bass({36, 36, 36, 36}), roots).on_root, 0.5);
  EXPECT_EQ(root_share(bass({36, 36, 36, 36}), roots).chance, 0.5);
  // Silence is not on the root.
  Piece half = bass({36, 41, 43, 36});
  for (int bar = 0; bar < 2; ++bar) half.score.tracks[0].notes.pop_back();
  EXPECT_EQ(root_share(half, roots).on_root, 0.5);
}

}  // namespace
}  // namespace sage
