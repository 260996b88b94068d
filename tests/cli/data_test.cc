// Prepared data by the commands alone: killed and resumed, refused, shown.
#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

using test::run_program;
using test::Running;
using test::Scratch;

namespace fs = std::filesystem;

std::map<std::string, std::vector<std::uint8_t>> contents(const fs::path& folder) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read_file(entry.path()).value();
  return files;
}

/// Pieces of a few thousand notes, so that reading them takes a while.
void write_music(const Scratch& scratch, int pieces) {
  for (int i = 0; i < pieces; ++i) {
    Random random(static_cast<std::uint64_t>(i));
    Score score;
    score.tracks.resize(1);
    for (std::int64_t k = 0; k < 3000; ++k)
      score.tracks[0].notes.push_back(
          {Tick{240 * k}, Tick{240}, static_cast<std::uint8_t>(50 + random.below(30)), 80});
    ASSERT_TRUE(write_midi_file(score, scratch.path("music/p" + std::to_string(i) + "x.mid")));
  }
}

std::size_t units_in(const fs::path& work) {
  std::error_code error;
  std::size_t units = 0;
  for (const auto& entry : fs::directory_iterator(work, error))
    units += entry.path().filename().string().starts_with("unit-") ? 1 : 0;
  return units;
}

TEST(DataCommand, KilledAtAnyTimeTheSameCommandGoesOnToTheSameBytes) {
  const Scratch scratch;
  write_music(scratch, 250);
  const auto arguments = [&](const std::string& output, const std::string& threads) {
    return std::vector<std::string>{
        "data",          "prepare", scratch.path("music"), "-o",   scratch.path(output),
        "--valid-share", "0.2",     "--threads",           threads};
  };
  ASSERT_EQ(run_program(arguments("whole", "2")).code, 0);
  int kills = 0;
  for (const std::size_t units : {1u, 5u, 9u}) {
    Running running(arguments("broken", "1"));
    while (running.going() && units_in(scratch.folder() / "broken" / "work") < units)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kills += running.finish(SIGKILL) == 128 + SIGKILL ? 1 : 0;
  }
  EXPECT_GT(kills, 0);
  const auto last = run_program(arguments("broken", "2"));
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_NE(last.out.find("went on from"), std::string::npos);
  EXPECT_EQ(contents(scratch.folder() / "whole"), contents(scratch.folder() / "broken"));
}

TEST(DataCommand, CtrlCSaysThatTheSameCommandGoesOn) {
  const Scratch scratch;
  write_music(scratch, 250);
  const std::vector<std::string> command = {
      "data", "prepare", scratch.path("music"), "-o", scratch.path("data"), "--threads", "1"};
  {
    Running running(command);
    while (running.going() && units_in(scratch.folder() / "data" / "work") < 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(running.finish(SIGINT), 1);
  }
  auto other = command;
  other.insert(other.end(), {"--min-notes", "20"});
  const auto refused = run_program(other);
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
  EXPECT_NE(refused.err.find("--restart"), std::string::npos);
  other.push_back("--restart");
  EXPECT_EQ(run_program(other).code, 0);
}

TEST(DataCommand, StatsAreSaidAndDrawn) {
  const Scratch scratch;
  for (std::uint64_t i = 0; i < 12; ++i)
    ASSERT_TRUE(
        write_midi_file(test::band_score(i), scratch.path("music/" + std::to_string(i) + ".mid")));
  const std::string data = scratch.path("data");
  ASSERT_EQ(run_program({"data", "prepare", scratch.path("music"), "-o", data}).code, 0);
  const auto said = run_program({"data", "stats", data});
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.out.find("Drums"), std::string::npos);
  const auto json = run_program({"data", "stats", data, "--json"}).json();
  EXPECT_EQ(json["train"]["pieces"].get<int>() + json["valid"]["pieces"].get<int>(), 12);
  EXPECT_EQ(run_program({"data", "stats", data, "-o", scratch.path("charts")}).code, 0);
  EXPECT_TRUE(fs::exists(scratch.path("charts/programs.svg")));
  EXPECT_EQ(run_program({"data", "stats", data, "-o", scratch.path("page.html")}).code, 0);
  EXPECT_GT(fs::file_size(scratch.path("page.html")), 10'000u);
  const auto nothing = run_program({"data", "stats", scratch.path("nowhere")});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_TRUE(nothing.one_line()) << nothing.err;
}

TEST(DataCommand, FoldersWithoutMusicAreOneLine) {
  const Scratch scratch;
  fs::create_directories(scratch.path("empty"));
  for (const std::string& folder : {scratch.path("empty"), scratch.path("nowhere")}) {
    const auto ran = run_program({"data", "prepare", folder, "-o", scratch.path("data")});
    EXPECT_EQ(ran.code, 1);
    EXPECT_TRUE(ran.one_line()) << ran.err;
  }
}

}  // namespace
}  // namespace sage
