// Several takes at once, drafts and batches, as a user meets them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "midi/writer.h"
#include "program.h"

namespace sage {
namespace {

using test::run_program;

TEST(TakesCommand, WritesWhatEachSeedWouldWriteAlone) {
  const test::Scratch scratch;
  const auto ran = run_program({"generate", "--takes", "3", "--bars", "4", "--seed", "5", "-o",
                                scratch.path("take.mid"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(ran.json()["takes"].size(), 3u);
  for (int i = 1; i <= 3; ++i) {
    const std::string alone = scratch.path("alone.mid"), seed = std::to_string(4 + i);
    // Without guesses, too: they change nothing.
    ASSERT_EQ(
        run_program({"generate", "--bars", "4", "--seed", seed, "-o", alone, "--no-drafts"}).code,
        0);
    const auto take = MappedFile::open(scratch.path("take-" + std::to_string(i) + ".mid"));
    const auto single = MappedFile::open(alone);
    ASSERT_TRUE(take && single);
    EXPECT_TRUE(std::ranges::equal(take->bytes(), single->bytes())) << "take " << i;
  }
}

TEST(TakesCommand, WritesNothingWhereOneFileCannotBeWritten) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch.path("take-2.mid"));
  const auto ran = run_program({"generate", "--takes", "2", "-o", scratch.path("take.mid")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.one_line()) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(scratch.path("take-1.mid")));
}

TEST(BenchDrafts, CountsWhatCameTrue) {
  const test::Scratch scratch;
  Score song;
  song.tracks.resize(1);
  for (int i = 0; i < 160; ++i)
    song.tracks[0].notes.push_back({{240 * i}, {200}, static_cast<std::uint8_t>(60 + i % 4), 90});
  std::filesystem::create_directory(scratch.path("songs"));
  ASSERT_TRUE(write_midi_file(song, scratch.path("songs/song.mid")));
  const auto ran =
      run_program({"bench", "drafts", "--data", scratch.path("songs"), "--rounds", "1", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = ran.json();
  // A guess that came true spares a pass, or had to come anyway.
  EXPECT_GE(json["passes_with"].get<int>() + json["accepted"].get<int>(), json["passes_without"]);
  EXPECT_LT(json["passes_with"], json["passes_without"]);
  EXPECT_GT(json["accepted"].get<int>(), 0);
}

TEST(BenchSpeed, DecodesSequencesTogether) {
  const auto ran =
      run_program({"bench", "speed", "--shape", "tiny", "--type", "int4", "--context", "64",
                   "--batch", "1,3", "--tokens", "4", "--repeats", "1", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(ran.json().size(), 2u);
  EXPECT_EQ(ran.json()[1]["batch"], 3);
  EXPECT_EQ(ran.json()[1]["cache"], "int8");
  EXPECT_GT(ran.json()[1]["bytes_per_token"], ran.json()[0]["bytes_per_token"]);
}

}  // namespace
}  // namespace sage
