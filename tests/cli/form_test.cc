// generate --form, as a user meets it.
#include <gtest/gtest.h>

#include <filesystem>

#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"

namespace sage {
namespace {

using test::run_program;

std::vector<std::string> markers_of(const std::string& path) {
  std::vector<std::string> markers;
  for (const Text& text : read_midi_file(path).value().score.texts)
    if (text.type == 6) markers.push_back(text.text);
  return markers;
}

TEST(FormCommand, WritesSectionsWithMarkersAndSaysSo) {
  const test::Scratch scratch;
  const std::string path = scratch.path("song.mid");
  const auto ran =
      run_program({"generate", "--form", "A A' B3 A", "--section-bars", "2", "--instruments",
                   "piano,bass", "--seed", "5", "-o", path, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(markers_of(path), (std::vector<std::string>{"A", "A'", "B", "A"}));
  const auto sections = ran.json()["sections"];
  ASSERT_EQ(sections.size(), 4u);
  EXPECT_EQ(sections[3]["first_bar"], 8);
  EXPECT_EQ(sections[2]["bars"], 3);
  const auto from = run_program({"provenance", path, "--json"});
  EXPECT_NE(from.out.find("A A' B3 A"), std::string::npos) << from.out;
}

TEST(FormCommand, APromptIsTheBeginningAndStays) {
  const test::Scratch scratch;
  Score song;
  song.tracks.resize(1);
  for (int i = 0; i < 16; ++i)
    song.tracks[0].notes.push_back({{480 * i}, {480}, static_cast<std::uint8_t>(60 + i % 5), 90});
  ASSERT_TRUE(write_midi_file(song, scratch.path("theme.mid")));
  const auto ran = run_program({"generate", "--prompt", scratch.path("theme.mid"), "--form",
                                "A B A", "--section-bars", "4", "-o", scratch.path("song.mid")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Score whole = read_midi_file(scratch.path("song.mid")).value().score;
  const auto& notes = whole.tracks.at(0).notes;
  ASSERT_GE(notes.size(), 32u);
  EXPECT_TRUE(std::equal(song.tracks[0].notes.begin(), song.tracks[0].notes.end(), notes.begin()));
  // The theme's first two bars come back eight bars later; two more make the ending.
  for (int i = 0; i < 8; ++i) {
    const Tick onset{1920 * 8 + 480 * i};
    EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [&](const Note& note) {
      return note.onset == onset && note.pitch == 60 + i % 5;
    })) << i;
  }
}

TEST(Provenance, IsLeftOutWhereAskedTo) {
  const test::Scratch scratch;
  const std::string piece = scratch.path("piece.mid"), again = scratch.path("again.mid");
  ASSERT_EQ(run_program({"generate", "--bars", "2", "--endings", "0", "--instruments", "piano",
                         "--no-provenance", "-o", piece})
                .code,
            0);
  EXPECT_EQ(run_program({"provenance", piece, "--json"}).json().size(), 0u);
  ASSERT_EQ(run_program({"infill", piece, "--bars", "2", "--takes", "1", "--parts", "1",
                         "--no-provenance", "-o", again})
                .code,
            0);
  EXPECT_EQ(run_program({"provenance", again, "--json"}).json().size(), 0u);
}

TEST(FormCommand, TakesHaveConsecutiveSeeds) {
  const test::Scratch scratch;
  const auto ran = run_program({"generate", "--form", "AB", "--section-bars", "1", "--takes", "2",
                                "--instruments", "piano", "--seed", "5", "-o",
                                scratch.path("take.mid"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.json()["takes"][1]["seed"], 6);
  EXPECT_TRUE(std::filesystem::exists(scratch.path("take-2.mid")));
}

TEST(FormCommand, SaysWhatIsWrong) {
  const test::Scratch scratch;
  const std::string path = scratch.path("song.mid");
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--form", "A + B"},
                                             {"--form", ""},
                                             {"--form", "A", "--bars", "4"},
                                             {"--section-bars", "4"},
                                             {"--form", "A", "--similarity", "2"}}) {
    std::vector<std::string> all = {"generate", "-o", path};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto ran = run_program(all);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_TRUE(ran.one_line()) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

}  // namespace
}  // namespace sage
