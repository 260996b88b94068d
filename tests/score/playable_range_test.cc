#include "score/playable_range.h"

#include <gtest/gtest.h>

#include "score/program_names.h"
#include "score/score.h"

namespace sage {
namespace {

int program(const char* name) { return program_from_name(name).value(); }

TEST(PlayableRange, OfInstrumentsThatEverybodyKnows) {
  // Lowest and highest note that a score asks for, and a semitone that nobody can play.
  EXPECT_TRUE(playable_range(program("acoustic grand piano")).holds(21));
  EXPECT_FALSE(playable_range(program("acoustic grand piano")).holds(109));
  EXPECT_EQ(playable_range(program("violin")).low, 55);          // the open g string
  EXPECT_EQ(playable_range(program("cello")).low, 36);           // the open C string
  EXPECT_EQ(playable_range(program("oboe")).low, 58);            // b flat
  EXPECT_TRUE(playable_range(program("contrabass")).holds(28));  // the open E string, as it sounds
  EXPECT_FALSE(playable_range(program("flute")).holds(55));
  EXPECT_FALSE(playable_range(program("timpani")).holds(72));
}

TEST(PlayableRange, IsARangeForEveryProgram) {
  for (int p = -1; p <= kProgramCount; ++p) {
    const PitchRange range = playable_range(p);
    EXPECT_LT(range.low, range.high) << p;
    EXPECT_LE(range.high, 127) << p;
    EXPECT_GE(range.high - range.low, 24) << p;  // at least two octaves for every instrument
  }
  EXPECT_TRUE(playable_range(program("lead 1 (square)")).holds(0));
  EXPECT_FALSE(playable_range(kDrumProgram).holds(26));
}

}  // namespace
}  // namespace sage
