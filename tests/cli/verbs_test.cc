// Verbs and wishes, as a user meets them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"
#include "score/harmony.h"

namespace sage {
namespace {

using test::run_program;

/// A flute's tune of four bars.
std::string write_tune(const test::Scratch& scratch) {
  Score tune;
  tune.tracks.resize(1);
  tune.tracks[0].program = 73;
  static constexpr int kTune[] = {72, 76, 79, 76, 69, 72, 76, 72, 77, 81, 84, 81, 79, 83, 86, 83};
  for (int i = 0; i < 16; ++i)
    tune.tracks[0].notes.push_back({{480 * i}, {480}, static_cast<std::uint8_t>(kTune[i]), 90});
  const std::string path = scratch.path("tune.mid");
  EXPECT_TRUE(write_midi_file(tune, path));
  return path;
}

Score score_in(const std::string& path) { return read_midi_file(path).value().score; }

TEST(VerbCommands, AccompanyByChordTextAndSayWhereItComesFrom) {
  const test::Scratch scratch;
  const std::string tune = write_tune(scratch), band = scratch.path("band.mid");
  const auto ran =
      run_program({"accompany", tune, "--parts", "piano,bass", "--chords", "C | Am | F | G",
                   "--takes", "1", "--seed", "4", "-o", band, "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const Score after = score_in(band);
  ASSERT_EQ(after.tracks.size(), 3u);
  EXPECT_EQ(after.tracks[0].notes, score_in(tune).tracks[0].notes);
  const Progression chords = parse_progression("C | Am | F | G").value();
  const Tick bar{4 * after.ticks_per_quarter};
  for (std::size_t part = 1; part < 3; ++part)
    for (const Note& note : after.tracks[part].notes)
      if (note.onset.count % bar.count == 0)
        EXPECT_TRUE(
            chords[static_cast<std::size_t>(note.onset.count / bar.count)].front().tones.test(
                note.pitch % 12u));
  const auto said = run_program({"provenance", band, "--json"});
  ASSERT_EQ(said.code, 0) << said.err;
  ASSERT_EQ(said.json().size(), 1u);
  EXPECT_EQ(said.json()[0]["command"], "accompany");
  EXPECT_EQ(said.json()[0]["seed"], 4);
  EXPECT_EQ(said.json()[0]["wishes"]["chords"], "C | Am | F | G");
}

TEST(VerbCommands, FindChordsThatHarmonizeATune) {
  const test::Scratch scratch;
  const auto ran = run_program({"harmonize", write_tune(scratch), "--takes", "1", "-o",
                                scratch.path("out.mid"), "--no-provenance", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.json()["chords"], "C | Am | F | G");
  EXPECT_EQ(run_program({"provenance", scratch.path("out.mid"), "--json"}).json().size(), 0u);
}

TEST(VerbCommands, RefuseWithOneLine) {
  const test::Scratch scratch;
  const std::string tune = write_tune(scratch), out = scratch.path("out.mid");
  const std::vector<std::vector<std::string>> cases = {
      {"fill", tune, "--bars", "99", "-o", out},
      {"fill", tune, "--parts", "tuba", "-o", out},
      {"arrange", tune, "-o", out},
      {"accompany", tune, "--parts", "kazoo", "-o", out},
      {"vary", tune, "--key", "H", "-o", out},
      {"fill", tune, "--key", "C", "--chords", "C | E7", "-o", out}};
  for (const auto& arguments : cases) {
    const auto ran = run_program(arguments);
    EXPECT_NE(ran.code, 0) << arguments[0];
    EXPECT_TRUE(ran.one_line()) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(WishOptions, ComeFromAFileAndTheCommandLine) {
  const test::Scratch scratch;
  const std::string file = scratch.path("wishes.json"), out = scratch.path("out.mid");
  std::ofstream(file) << R"({"range": {"flute": "C5-C6"}, "key": "D"})";
  const auto ran = run_program({"generate", "--instruments", "flute", "--bars", "4", "--endings",
                                "0", "--wishes", file, "--key", "C", "-o", out});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const PitchClasses scale = parse_key("C")->scale;
  for (const Track& track : score_in(out).tracks)
    for (const Note& note : track.notes) {
      EXPECT_TRUE(note.pitch >= 72 && note.pitch <= 84);
      EXPECT_TRUE(scale.test(note.pitch % 12u));
    }
  std::ofstream(file) << R"({"rnage": {"flute": "C5-C6"}})";
  const auto refused = run_program({"generate", "--wishes", file, "-o", out});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("did you mean 'range'?"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace sage
