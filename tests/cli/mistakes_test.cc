// What newcomers get wrong, each with the line that helps them on.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "program.h"
#include "support.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

struct Mistake {
  std::vector<std::string> arguments;  // SONG, OUT and DIR stand for paths
  int code;
  std::vector<std::string> says;  // parts of the one line
};

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> all = {
      {{"genrate", "-o", "OUT"}, 2, {"genrate", "did you mean generate?"}},
      {{"eval", "likelyhood"}, 2, {"did you mean likelihood?"}},
      {{"generate", "--tmepo", "120", "-o", "OUT"}, 2, {"--tmepo", "did you mean --tempo?"}},
      {{"generate", "--instrument=piano", "-o", "OUT"}, 2, {"did you mean --instruments?"}},
      {{"generate"}, 2, {"--output"}},
      {{"generate", "--instruments", "piono,bass", "-o", "OUT"},
       2,
       {"piono", "did you mean piano?"}},
      {{"generate", "--instruments", "celo", "-o", "OUT"}, 2, {"did you mean Cello?"}},
      {{"generate", "--model", "bsae", "-n", "1", "-o", "OUT"}, 1, {"did you mean base?", "small"}},
      {{"generate", "--model", "DIR", "-n", "1", "-o", "OUT"}, 1, {"is a folder"}},
      {{"generate", "-o", "OUT.mp3"}, 2, {"MIDI is written there", "OUT.mid", "--wav"}},
      {{"generate", "-o", "OUT", "--wav", "OUT.mp3"}, 2, {"WAV is written there", "OUT.wav"}},
      {{"generate", "-n", "1", "-o", "DIR"}, 1, {"it is a folder"}},
      {{"generate", "--prompt-bars", "some", "-p", "SONG", "-o", "OUT"}, 2, {"'some'", "all"}},
      {{"generate", "--only-new", "-o", "OUT"}, 2, {"--prompt"}},
      {{"infill", "SONG", "-o", "OUT"}, 2, {"nothing to write", "--bars", "--add"}},
      {{"infill", "SONG", "--bars", "0-4", "-o", "OUT"}, 2, {"invalid bars", "from 1"}},
      {{"infill", "SONG", "--bars", "90", "-o", "OUT"}, 1, {"the piece has 8 bars"}},
      {{"infill", "SONG", "--replace", "tuba", "-o", "OUT"}, 1, {"no part is called 'tuba'", "1 "}},
      {{"infill", "SONG", "--bars", "1", "-o", "SONG"}, 2, {"would be overwritten"}},
      {{"infill", "DIR", "--bars", "1", "-o", "OUT"}, 1, {"is a folder", "name a MIDI file"}},
      {{"infill", "DIR/none.mid", "--bars", "1", "-o", "OUT"}, 1, {"No such file"}},
      {{"render", "SONG"}, 2, {"--wav", "--svg", "--stems"}},
      {{"render", "SONG", "--svg", "OUT.png"}, 2, {"SVG is written there", "OUT.svg"}},
      {{"inspect", "DIR"}, 1, {"is a folder"}},
      {{"tokenize", "DIR/text.mid", "-o", "OUT.json"}, 1, {"text.mid", "MThd"}},
  };
  return all;
}

class Mistakes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Mistakes, GetALineThatHelps) {
  const Mistake& mistake = mistakes()[GetParam()];
  const Scratch scratch;
  const std::string song =
      (test::source_directory() / "tests/midi/cases/channels-3-5-16.mid").string();
  const std::string copy = scratch.path("song.mid"), folder = scratch.path("folder");
  std::filesystem::copy_file(song, copy);
  std::filesystem::create_directory(folder);
  ASSERT_TRUE(write_text(folder + "/text.mid", "no music"));
  std::vector<std::string> arguments = mistake.arguments;
  const auto fill_in = [&](std::string& text, const std::string& word, const std::string& path) {
    if (text.starts_with(word)) text.replace(0, word.size(), path);
  };
  for (std::string& argument : arguments) {
    fill_in(argument, "SONG", copy);
    fill_in(argument, "OUT", scratch.path("OUT"));
    fill_in(argument, "DIR", folder);
  }
  const auto before = read_file(copy).value();
  const auto ran = run_program(arguments);
  EXPECT_EQ(ran.code, mistake.code) << ran.err;
  EXPECT_TRUE(ran.one_line()) << ran.err;
  for (const std::string& words : mistake.says)
    EXPECT_NE(ran.err.find(words), std::string::npos) << words << " in: " << ran.err;
  EXPECT_EQ(read_file(copy).value(), before);
  for (const char* name : {"OUT", "OUT.mid", "OUT.mp3", "OUT.wav", "OUT.svg", "OUT.json"})
    EXPECT_FALSE(std::filesystem::exists(scratch.path(name))) << name;
}

INSTANTIATE_TEST_SUITE_P(All, Mistakes, ::testing::Range(std::size_t{0}, mistakes().size()));

TEST(CommandLine, ABundledModelHasAName) {
  const Scratch scratch;
  const auto by_name = run_program({"generate", "--model", "small", "-n", "1", "--endings", "0",
                                    "-s", "3", "-o", scratch.path("a.mid")});
  ASSERT_EQ(by_name.code, 0) << by_name.err;
  const auto usual = run_program(
      {"generate", "-n", "1", "--endings", "0", "-s", "3", "-o", scratch.path("b.mid")});
  ASSERT_EQ(usual.code, 0) << usual.err;
  EXPECT_EQ(read_file(scratch.path("a.mid")).value(), read_file(scratch.path("b.mid")).value());
}

TEST(CommandLine, StandardOutputCarriesTheMusicAlone) {
  const Scratch scratch;
  const std::vector<std::string> command = {"generate", "-n", "1", "--endings",
                                            "0",        "-s", "3", "-o"};
  auto to_file = command, to_output = command;
  to_file.push_back(scratch.path("a.mid"));
  to_output.emplace_back("-");
  ASSERT_EQ(run_program(to_file).code, 0);
  const auto piped = run_program(to_output);
  ASSERT_EQ(piped.code, 0) << piped.err;
  EXPECT_EQ(piped.out, read_text(scratch.path("a.mid")).value());
  EXPECT_NE(piped.err.find("instruments"), std::string::npos);
}

TEST(CommandLine, InterruptionEndsAtOnceAndLeavesNothing) {
  const Scratch scratch;
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"generate", "-n", "20000", "--endings", "1000", "--instruments",
            "piano,violin,flute,drums"},
           {"infill", (test::source_directory() / "tests/midi/cases/dense-tutti-c.mid").string(),
            "--add", "violin,cello", "--takes", "1000"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"-o", scratch.path("a.mid")});
    test::Running running(arguments);
    std::this_thread::sleep_for(std::chrono::seconds(2));
    ASSERT_TRUE(running.going()) << command[0];
    const int code = running.finish(SIGINT);
    EXPECT_TRUE(code == 1 || code == 128 + SIGINT) << code;  // the latter before music is written
    EXPECT_TRUE(std::filesystem::is_empty(scratch.folder())) << command[0];
  }
}

TEST(CommandLine, WhatWasTokenizedIsNotOverwrittenByWhatTokensKeep) {
  const Scratch scratch;
  const std::string folder = scratch.path("d"), tokens = scratch.path("t.json");
  std::filesystem::create_directory(folder);
  for (const char* name : {"/a.mid", "/b.mid"})
    std::filesystem::copy_file(test::source_directory() / "tests/midi/cases/channels-3-5-16.mid",
                               folder + name);
  const auto before = read_file(folder + "/a.mid").value();
  ASSERT_EQ(run_program({"tokenize", folder + "/a.mid", folder + "/b.mid", "-o", tokens}).code, 0);
  const auto refused = run_program({"detokenize", tokens, "-o", folder});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("would be overwritten"), std::string::npos) << refused.err;
  EXPECT_EQ(run_program({"detokenize", tokens, "-o", tokens}).code, 2);
  EXPECT_EQ(read_file(folder + "/a.mid").value(), before);
  ASSERT_TRUE(write_text(folder + "/c.mid", "no music"));
  const auto some = run_program({"tokenize", folder + "/c.mid", folder + "/a.mid", "-o", tokens});
  EXPECT_EQ(some.code, 0) << some.err;
  EXPECT_NE(some.err.find("left out: " + folder + "/c.mid"), std::string::npos) << some.err;
}

}  // namespace
}  // namespace sage
