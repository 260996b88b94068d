#include "metrics/piece.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "pieces.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::score_of;

TEST(Piece, ProgramsAreMergedAndDoublesDropped) {
  const Score score = score_of({part(5, {note(0, 10, 60), note(480, 100, 64)}),
                                part(0, {note(0, 480, 48)}), part(5, {note(10, 470, 60)})},
                               480);
  const Piece p = on_grid(score).value();
  ASSERT_EQ(p.score.tracks.size(), 2u);
  EXPECT_EQ(p.score.tracks[0].program, 0);
  EXPECT_EQ(p.score.tracks[1].notes, (std::vector<Note>{note(0, 12, 60), note(12, 3, 64)}));
  EXPECT_EQ(p.measure, Tick{48});
}

TEST(Piece, NoNoteIsShorterThanAStep) {
  const Piece p = on_grid(score_of({part(0, {note(0, 0, 60), note(480, 1, 60)})}, 480)).value();
  EXPECT_EQ(p.score.tracks[0].notes, (std::vector<Note>{note(0, 1, 60), note(12, 1, 60)}));
}

TEST(Piece, TheLongestMeterGivesTheMeasure) {
  Score score = score_of({part(0, {note(0, 12 * 20, 60)})});
  score.meters = {{Tick{0}, {4, 4}}, {Tick{48}, {3, 4}}};
  EXPECT_EQ(piece_of(score).value().measure, Tick{36});
}

TEST(Piece, BarsBetween) {
  const Piece p = on_grid(score_of({part(0, {note(0, 12, 60), note(48, 60, 62), note(96, 12, 64)}),
                                    part(9, {note(0, 12, 70)})}))
                      .value();
  const Piece middle = bars_between(p, 1, 1);
  EXPECT_EQ(middle.bars.size(), 1u);
  EXPECT_EQ(middle.score.tracks[0].notes, std::vector<Note>{note(0, 48, 62)});  // cut
  EXPECT_EQ(middle.score.tracks.size(), 2u);  // one of them pauses
  EXPECT_EQ(bars_between(p, 1, 0).bars.size(), 2u);
  EXPECT_EQ(bars_between(p, 1, 9).bars.size(), 2u);
  EXPECT_EQ(note_count(bars_between(p, 7, 1).score), 0u);
  EXPECT_EQ(bars_between(p, 7, 1).bars.size(), 1u);
}

RC_GTEST_PROP(Piece, TakingAllBarsTakesAll, ()) {
  const Piece p = test::any_piece();
  const Piece all = bars_between(p, 0, 0);
  RC_ASSERT(all.bars == p.bars);
  RC_ASSERT(note_count(all.score) == note_count(p.score));
}

RC_GTEST_PROP(Piece, TheGridIsAFixedPoint, ()) {
  const Piece once = test::any_piece();
  const Piece twice = on_grid(once.score).value();
  RC_ASSERT(twice.bars == once.bars);
  RC_ASSERT(twice.score.tracks.size() == once.score.tracks.size());
  for (std::size_t i = 0; i < once.score.tracks.size(); ++i)
    RC_ASSERT(twice.score.tracks[i].notes == once.score.tracks[i].notes);
}

}  // namespace
}  // namespace sage
