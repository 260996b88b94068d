#include "live/lineup.h"

#include <gtest/gtest.h>

namespace sage::live {
namespace {

Track part(int program, int notes, const std::string& name = "") {
  Track track;
  track.name = name;
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
  for (int i = 0; i < notes; ++i) track.notes.push_back({Tick{i * 10}, Tick{5}, 60, 80});
  return track;
}

Score quartet() {
  Score score;
  score.tracks = {part(73, 30, "Flöte solo"), part(0, 50), part(35, 20), part(kDrumProgram, 90)};
  return score;
}

TEST(Lineup, MapsRolesToTheFilesOwnInstruments) {
  const auto lineup = lineup_of_file(quartet(), "", *roles_from("bass,drums"));
  ASSERT_TRUE(lineup);
  EXPECT_EQ(lineup->human, 0);  // the most notes that no role claims
  EXPECT_EQ(lineup->lineup.band(), (std::vector<int>{35, kDrumProgram}));
  EXPECT_EQ(lineup->lineup.given(), (std::vector<int>{0, 73}));
  EXPECT_EQ(lineup->replaced, (std::vector<int>{35, kDrumProgram}));
  EXPECT_EQ(lineup->lineup.of_program(kDrumProgram)->channel, kDrumChannel);
}

TEST(Lineup, FindsTheHumanByInstrumentAndByName) {
  EXPECT_EQ(lineup_of_file(quartet(), "flute", *roles_from("bass"))->human, 73);
  EXPECT_EQ(lineup_of_file(quartet(), "solo", *roles_from("bass"))->human, 73);
  const auto none = lineup_of_file(quartet(), "tuba", *roles_from("bass"));
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("Flute"), std::string::npos);
}

TEST(Lineup, ARoleThatTheFileLacksGetsAUsualInstrument) {
  const auto lineup = lineup_of_file(quartet(), "flute", *roles_from("strings"));
  ASSERT_TRUE(lineup);
  EXPECT_EQ(lineup->lineup.band(), std::vector<int>{48});
  EXPECT_TRUE(lineup->replaced.empty());
}

TEST(Lineup, NobodyPlaysTheHumansInstrument) {
  const auto lineup = lineup_of_file(quartet(), "piano", *roles_from("chords"));
  ASSERT_TRUE(lineup);
  EXPECT_EQ(lineup->lineup.band(), std::vector<int>{1});
  EXPECT_FALSE(lineup_of_file(quartet(), "drums", *roles_from("drums")));
}

TEST(Lineup, RefusesUnknownRoles) {
  const auto roles = roles_from("bass,kazoo orchestra");
  ASSERT_FALSE(roles);
  EXPECT_NE(roles.error().message.find("chords"), std::string::npos);
}

TEST(Lineup, APersonAndABand) {
  const auto lineup = lineup_with_person(0, *roles_from("bass,drums,chords"));
  ASSERT_TRUE(lineup);
  EXPECT_EQ(lineup->band(), (std::vector<int>{33, kDrumProgram, 1}));
  EXPECT_EQ(lineup->given(), std::vector<int>{0});
}

}  // namespace
}  // namespace sage::live
