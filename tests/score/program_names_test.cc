#include "score/program_names.h"

#include <gtest/gtest.h>

#include <string>

#include "score/score.h"

namespace sage {
namespace {

TEST(ProgramNames, EveryProgramIsFoundByItsNameAndNumber) {
  for (int program = 0; program < kProgramCount; ++program) {
    EXPECT_EQ(program_from_name(program_name(program)), program) << program_name(program);
    EXPECT_EQ(program_from_name(std::to_string(program)), program);
  }
}

TEST(ProgramNames, CommonWordsAreUnderstood) {
  EXPECT_EQ(program_from_name("piano"), 0);
  EXPECT_EQ(program_from_name(" Acoustic grand PIANO "), 0);
  EXPECT_EQ(program_from_name("bass"), 33);
  EXPECT_EQ(program_from_name("strings"), 48);
  EXPECT_EQ(program_from_name("electric_guitar"), 27);
  EXPECT_EQ(program_from_name("drums"), kDrumProgram);
  EXPECT_EQ(program_from_name("drum-kit"), kDrumProgram);
}

TEST(ProgramNames, OthersAreRefused) {
  for (const char* name : {"", " ", "-1", "1.5", "129", "99999999999999999999", "kazoo", "!?"})
    EXPECT_EQ(program_from_name(name), std::nullopt) << name;
  EXPECT_EQ(program_name(-1), "Unknown");
  EXPECT_EQ(program_name(129), "Unknown");
}

}  // namespace
}  // namespace sage
