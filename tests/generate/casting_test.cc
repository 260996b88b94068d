// Parts of one program told apart.
#include "generate/casting.h"

#include <gtest/gtest.h>

#include <set>

namespace sage {
namespace {

Score with_programs(const std::vector<int>& programs) {
  Score score;
  for (const int program : programs) {
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    track.notes = {{Tick{0}, Tick{480}, 60, 90}};
    score.tracks.push_back(track);
  }
  return score;
}

std::vector<int> cast(const std::vector<int>& programs, const std::vector<std::size_t>& written,
                      const std::vector<int>& added = {}) {
  const Casting casting = cast_parts(with_programs(programs), written, added);
  std::vector<int> all = casting.programs;
  all.insert(all.end(), casting.added.begin(), casting.added.end());
  return all;
}

TEST(Casting, StandInsComeFromTheSameFamily) {
  EXPECT_EQ(cast({0, 0, 32}, {0, 1}), (std::vector<int>{0, 1, 32}));
  EXPECT_EQ(cast({0, 0, 1}, {0, 1}), (std::vector<int>{0, 2, 1}));
  EXPECT_EQ(cast({25, 25, 25}, {2}), (std::vector<int>{24, 26, 25}));  // who is written keeps it
}

TEST(Casting, WhatIsOnlyReadSharesItsProgram) {
  EXPECT_EQ(cast({0, 0, 73}, {2}), (std::vector<int>{0, 0, 73}));
  EXPECT_EQ(cast({128, 128, 128}, {1}), (std::vector<int>{128, 128, 128}));
}

TEST(Casting, AddedPartsStandBesideThoseOfTheirProgram) {
  EXPECT_EQ(cast({33}, {}, {33}), (std::vector<int>{32, 33}));
  EXPECT_EQ(cast({}, {}, {56, 56}), (std::vector<int>{56, 57}));
}

TEST(Casting, ManyPartsOfOneProgramAllGetTheirOwn) {
  std::vector<std::size_t> written;
  for (std::size_t i = 0; i < 20; ++i) written.push_back(i);
  const auto programs = cast(std::vector<int>(20, 48), written);
  EXPECT_EQ(std::set<int>(programs.begin(), programs.end()).size(), 20u);
}

TEST(Casting, DrumsGoToThePartThatPlaysTheirPitch) {
  Score score = with_programs({128, 128, 128});
  const int pitches[] = {36, 38, 42};
  for (std::size_t i = 0; i < 3; ++i)
    score.tracks[i].notes[0].pitch = static_cast<std::uint8_t>(pitches[i]);
  score.tracks[0].notes.push_back({Tick{480}, Tick{60}, 36, 90});
  const std::vector<std::size_t> written = {0, 2};
  const Casting casting = cast_parts(score, written, {});
  const std::vector<Note> fresh = {{Tick{0}, Tick{60}, 36, 90},
                                   {Tick{0}, Tick{60}, 38, 90},
                                   {Tick{0}, Tick{60}, 42, 90},
                                   {Tick{0}, Tick{60}, 51, 90}};
  const auto kick = notes_for(0, score, casting, written, fresh);
  const auto hat = notes_for(2, score, casting, written, fresh);
  ASSERT_EQ(kick.size(), 2u);  // and what nobody plays
  EXPECT_EQ(kick[1].pitch, 51);
  ASSERT_EQ(hat.size(), 1u);
  EXPECT_EQ(hat[0].pitch, 42);
}

}  // namespace
}  // namespace sage
