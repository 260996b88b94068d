#include "live/fallback.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

TEST(Fallback, RepeatsTheBarBeforeFittedToTheChord) {
  const std::vector<BandNote> played = {{33, {Tick{0}, Tick{6}, 40, 80}},
                                        {kDrumProgram, {Tick{0}, Tick{3}, 36, 80}},
                                        {33, {Tick{12}, Tick{6}, 43, 80}},
                                        {33, {Tick{48}, Tick{6}, 45, 80}}};
  PitchClasses f_major;
  for (const std::size_t pitch : {5, 9, 0}) f_major.set(pitch);
  const auto notes = repeat_bar(played, Tick{48}, Tick{60}, Tick{48}, f_major);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].note, (Note{Tick{48}, Tick{6}, 41, 80}));  // E to F
  EXPECT_EQ(notes[1].note, (Note{Tick{48}, Tick{3}, 36, 80}));  // drums stay
}

TEST(Fallback, LeavesPitchesWhereNothingSounds) {
  const std::vector<BandNote> played = {{33, {Tick{3}, Tick{6}, 40, 80}}};
  const auto notes = repeat_bar(played, Tick{48}, Tick{96}, Tick{48}, {});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].note.pitch, 40);
}

}  // namespace
}  // namespace sage::live
