#include "eval/calibration.h"

#include <gtest/gtest.h>

#include "folders.h"
#include "metrics/form.h"
#include "metrics/similarity.h"
#include "score/transform.h"

namespace sage {
namespace {

Reference reference_of(const Score& score, const PieceHole& hole) {
  Reference out;
  out.whole = on_grid(score).value();
  out.hole = hole;
  out.part = in_hole(out.whole, hole);
  out.features = features_of(out.part).value();
  return out;
}

double nmsi(const std::optional<Piece>& part, const Reference& reference) {
  return similarity(features_of(part.value()).value(), reference.features).nmsi();
}

NextReference only(const Reference& other) {
  return [other, given = false]() mutable -> std::optional<Reference> {
    if (std::exchange(given, true)) return std::nullopt;
    return other;
  };
}

/// Two bars of a song again and again.
Score repeating_song() {
  const Score two = slice(test::random_song(4, 2), Tick{0}, Tick{3840});
  Score score = two;
  for (std::size_t t = 0; t < two.tracks.size(); ++t)
    for (int i = 1; i < 6; ++i)
      for (Note note : two.tracks[t].notes) {
        note.onset += Tick{3840 * i};
        score.tracks[t].notes.push_back(note);
      }
  return score;
}

TEST(Calibrations, OfContinuationsMayHaveSeveralTakes) {
  Reference reference;
  reference.whole = on_grid(test::random_song(4, 12)).value();
  reference.part = bars_between(reference.whole, 4, 8);
  int calls = 0;
  const NextReference next = [&]() -> std::optional<Reference> {
    if (++calls > 2) return std::nullopt;
    Reference other;
    other.whole = on_grid(test::random_song(static_cast<std::uint64_t>(20 + calls), 12)).value();
    return other;
  };
  const auto rows = continuation_calibrations(reference, {4, 8}, next, 3, 7);
  ASSERT_EQ(rows.size(), calibration_rows(std::nullopt).size());
  EXPECT_EQ(rows[0].size(), 2u);  // there are no more others
  EXPECT_EQ(rows[1].size(), 3u);
  EXPECT_EQ(rows[1][0].score, rows[1][2].score);
  EXPECT_NE(rows[2][0].score, rows[2][1].score);
  // Every shuffled bar is one of the prompt's.
  const Piece prompt = bars_between(reference.whole, 0, 4);
  for (const Piece& take : rows[2]) {
    EXPECT_EQ(take.bars.size(), 8u);
    EXPECT_EQ(prompt_likeness(take, prompt), 1);
  }
}

TEST(Calibrations, TheBarsBeforeAHoleAreAllOfAPieceThatRepeats) {
  const PieceHole hole{HoleKind::kTracks, 4, 4, {0, kDrumProgram}, {}};
  const Reference reference = reference_of(repeating_song(), hole);
  const Reference other = reference_of(test::random_song(9, 12), hole);
  const auto parts = calibrations(reference, {}, only(other));
  ASSERT_EQ(parts.size(), calibration_rows(HoleTask::kInfill).size());
  EXPECT_LT(nmsi(parts[0], reference), 100);
  EXPECT_EQ(nmsi(parts[1], reference), 100);
  EXPECT_EQ(programs_playing(*parts[1]), hole.programs);
  // A hole at the very beginning has nothing before it; a lone piece no other.
  const auto lone = calibrations(reference_of(repeating_song(), {HoleKind::kBars, 0, 2, {0}, {}}),
                                 {}, [] { return std::nullopt; });
  EXPECT_FALSE(lone[0]);
  EXPECT_FALSE(lone[1]);
}

TEST(Calibrations, AnotherPieceLendsItsBusiestInstruments) {
  Score other = test::random_song(9, 12);  // programs 0, 33 and drums
  other.tracks[0].program = 73;
  const PieceHole hole{HoleKind::kTracks, 4, 2, {40, kDrumProgram}, {}};
  const Reference reference = reference_of(repeating_song(), {HoleKind::kBars, 4, 2, {0}, {}});
  Reference holed = reference;
  holed.hole = hole;
  const auto parts =
      calibrations(holed, {}, only(reference_of(other, {HoleKind::kBars, 4, 2, {73}, {}})));
  ASSERT_TRUE(parts[0]);
  EXPECT_EQ(programs_playing(*parts[0]), hole.programs);
  const Piece expected = bars_between(on_grid(other).value(), 4, 2);
  EXPECT_EQ(parts[0]->score.tracks[0].notes, expected.score.tracks[1].notes);  // 73, not the bass
}

TEST(Calibrations, AnAccompanimentIsMovedIntoTheKeyOfTheGivenPart) {
  // Part and accompaniment of the same few pitch classes; the other piece is the same music moved.
  Score score = repeating_song();
  for (Track& track : score.tracks)
    if (!track.is_drum)
      for (std::size_t i = 0; i < track.notes.size(); ++i)
        track.notes[i].pitch =
            static_cast<std::uint8_t>(track.program == 0 ? 60 : 48) + (i % 3 == 0   ? 0
                                                                       : i % 3 == 1 ? 4
                                                                                    : 7);
  normalise(score);
  const PieceHole hole{HoleKind::kOthers, 2, 4, {33, kDrumProgram}, 0};
  const Reference reference = reference_of(score, hole);
  Score moved = score;
  transpose(moved, 5);
  const auto parts = calibrations(reference, {}, only(reference_of(moved, hole)));
  ASSERT_EQ(parts.size(), calibration_rows(HoleTask::kAccompany).size());
  EXPECT_LT(nmsi(parts[0], reference), 100);
  EXPECT_EQ(nmsi(parts[1], reference), 100);
  // The given part by every other instrument, drums as one drum.
  ASSERT_EQ(programs_playing(*parts[2]), hole.programs);
  const Piece given = bars_between(reference.whole, 2, 4);
  EXPECT_EQ(parts[2]->score.tracks[0].notes, given.score.tracks[0].notes);
  for (const Note& note : parts[2]->score.tracks[1].notes) EXPECT_EQ(note.pitch, 38);
}

TEST(Calibrations, ThePromptIsRepeated) {
  const Piece whole = on_grid(test::random_song(3, 8)).value();
  const Piece repeated = repeated_prompt(whole, 3, 7);
  ASSERT_EQ(repeated.bars.size(), 7u);
  const Piece again = bars_between(repeated, 3, 3), first = bars_between(whole, 0, 3);
  for (std::size_t i = 0; i < first.score.tracks.size(); ++i)
    EXPECT_EQ(again.score.tracks[i].notes, first.score.tracks[i].notes);
  EXPECT_LE(end_of(repeated.score), repeated.end());
}

}  // namespace
}  // namespace sage
