// How music is played: loudness by a performer, feels, models with velocities.
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

const std::vector<std::string> kTrio = {"generate",
                                        "--instruments",
                                        "piano,bass,drums",
                                        "--bars",
                                        "4",
                                        "--tempo",
                                        "120",
                                        "--seed",
                                        "3",
                                        "--endings",
                                        "0",
                                        "-o"};

Score generated(const Scratch& scratch, const std::string& name,
                const std::vector<std::string>& more) {
  auto arguments = kTrio;
  arguments.push_back(scratch.path(name));
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto ran = run_program(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return read_midi_file(scratch.path(name)).value().score;
}

std::set<int> velocities(const Score& score) {
  std::set<int> all;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) all.insert(note.velocity);
  return all;
}

/// The notes without what a performer and a feel change.
std::multiset<std::pair<int, int>> pitches(const Score& score) {
  std::multiset<std::pair<int, int>> all;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) all.insert({track.program_or_drum(), note.pitch});
  return all;
}

bool is_on_the_grid(const Score& score) {
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      if (note.onset.count * 12 % score.ticks_per_quarter != 0) return false;
  return true;
}

TEST(Performance, NewNotesHaveLoudness) {
  const Scratch scratch;
  const Score plain = generated(scratch, "plain.mid", {"--performer", "none"});
  const Score played = generated(scratch, "played.mid", {});
  EXPECT_EQ(velocities(plain).size(), 1u);
  EXPECT_GT(velocities(played).size(), 8u);
  EXPECT_EQ(pitches(played), pitches(plain)) << "a performer writes no notes";
}

// The prompt's notes stay as they are, and the new ones are about as loud.
TEST(Performance, APromptSetsTheLevel) {
  const Scratch scratch;
  Score song = generated(scratch, "song.mid", {"--performer", "none"});
  for (Track& track : song.tracks)
    for (Note& note : track.notes) note.velocity = 40;
  ASSERT_TRUE(write_midi_file(song, scratch.path("prompt.mid")));
  const auto ran = run_program({"generate", "--prompt", scratch.path("prompt.mid"), "--prompt-bars",
                                "2", "--bars", "2", "-o", scratch.path("continued.mid")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  double sum = 0;
  int count = 0, different = 0;
  for (const Track& track : read_midi_file(scratch.path("continued.mid")).value().score.tracks)
    for (const Note& note : track.notes) {
      if (note.onset.count < 8 * song.ticks_per_quarter) {
        EXPECT_EQ(note.velocity, 40);
      } else {
        sum += note.velocity;
        ++count;
        different += note.velocity != 40;
      }
    }
  ASSERT_GT(count, 0);
  EXPECT_GT(different, 0);
  EXPECT_NEAR(sum / count, 40, 15);
}

TEST(Performance, AModelWithoutVelocitiesIsNoPerformer) {
  const Scratch scratch;
  auto arguments = kTrio;
  arguments.insert(arguments.end(),
                   {scratch.path("x.mid"), "--performer", "models/small.safetensors"});
  const auto ran = run_program(arguments);
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.one_line()) << ran.err;
  EXPECT_FALSE(std::filesystem::exists(scratch.path("x.mid")));
}

TEST(Performance, AFeelMovesTheNotes) {
  const Scratch scratch;
  const Score plain = generated(scratch, "plain.mid", {});
  const Score one = generated(scratch, "one.mid", {"--feel", "funk"});
  const Score two = generated(scratch, "two.mid", {"--feel", "funk"});
  EXPECT_TRUE(is_on_the_grid(plain));
  EXPECT_FALSE(is_on_the_grid(one));
  EXPECT_EQ(one, two);
  EXPECT_EQ(pitches(one), pitches(plain));
}

TEST(Performance, AnUnknownFeelIsWrongUsage) {
  const Scratch scratch;
  auto arguments = kTrio;
  arguments.insert(arguments.end(), {scratch.path("x.mid"), "--feel", "wobbly"});
  const auto ran = run_program(arguments);
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("swing"), std::string::npos) << ran.err;
}

TEST(Performance, AModelGetsVelocityTokensOnce) {
  const Scratch scratch;
  const std::string grown = scratch.path("grown.safetensors");
  const auto ran = run_program(
      {"convert", "models/small.safetensors", "--type", "f32", "--velocity", "-o", grown});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto shown = run_program({"inspect", grown, "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(shown.json()["tokenizer"]["velocity"], true);
  const auto again =
      run_program({"convert", grown, "--velocity", "-o", scratch.path("again.safetensors")});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(again.one_line()) << again.err;
}

TEST(Performance, FeelsAreLearntFromAFolder) {
  const Scratch scratch;
  std::string manifest = "file\tstyle\ttime_signature\tbeat_type\n";
  for (const char* style : {"pop", "soul", "jazz", "funk", "rock", "latin"}) {
    Score score;
    score.tracks.resize(1);
    score.tracks[0].is_drum = true;
    for (int i = 0; i < 400; ++i)
      score.tracks[0].notes.push_back({{240 * i + i % 5}, {60}, 38, 80});
    const std::string name = std::string(style) + ".mid";
    ASSERT_TRUE(write_midi_file(score, scratch.path("drums/" + name)));
    manifest += name + "\t" + style + "/slow\t4/4\tbeat\n";
  }
  ASSERT_TRUE(write_text(scratch.path("drums/MANIFEST.tsv"), manifest));
  const std::string table = scratch.path("feel.tsv");
  const auto ran = run_program({"data", "feel", scratch.path("drums"), "-o", table});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(read_text(table).value().find("feel\tlaid-back\t"), std::string::npos);
  const auto none = run_program({"data", "feel", scratch.folder().string(), "-o", table});
  EXPECT_EQ(none.code, 1);
  EXPECT_TRUE(none.one_line()) << none.err;
}

}  // namespace
}  // namespace sage
