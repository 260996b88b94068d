// The commands from outside: what they write, what they say, how they end.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/file.h"
#include "base/random.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "nn/weights.h"
#include "program.h"
#include "score/timeline.h"
#include "support.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;
using test::shipped_model;

std::string small_midi(const Scratch& scratch, const std::string& name = "song.mid") {
  Score score;
  score.tracks.resize(2);
  score.tracks[1].is_drum = true;
  for (int i = 0; i < 32; ++i) {
    score.tracks[0].notes.push_back({{240 * i}, {240}, static_cast<std::uint8_t>(60 + i % 12), 90});
    score.tracks[1].notes.push_back(
        {{240 * i}, {60}, static_cast<std::uint8_t>(i % 2 ? 42 : 36), 90});
  }
  EXPECT_TRUE(write_midi_file(score, scratch.path(name)).has_value());
  return scratch.path(name);
}

TEST(Cli, HelpIsThereForEveryCommandAndUsageErrorsAre2) {
  EXPECT_EQ(run_program({"--help"}).code, 0);
  for (const char* command : {"generate", "inspect", "tokenize", "detokenize", "render", "convert",
                              "completion", "version"}) {
    const auto help = run_program({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_NE(help.out.find("Usage"), std::string::npos) << command;
  }
  EXPECT_EQ(run_program({}).code, 2);
  EXPECT_EQ(run_program({"no-such-command"}).code, 2);
  EXPECT_EQ(run_program({"generate"}).code, 2);  // lacks -o
  EXPECT_EQ(run_program({"generate", "--bars", "many", "-o", "x.mid"}).code, 2);
  EXPECT_TRUE(run_program({"generate", "--no-such-flag"}).one_line());
}

TEST(Cli, GenerateWritesMusicAndReportsIt) {
  const Scratch scratch;
  const auto ran =
      run_program({"generate", "--bars", "8", "--seed", "3", "--instruments", "piano,bass,drums",
                   "--tempo", "100", "--time-signature", "3/4", "-o", scratch.path("a/b.mid"),
                   "--svg", scratch.path("b.svg"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto report = ran.json();
  EXPECT_GT(report["notes"].get<int>(), 0);
  EXPECT_GT(report["notes_per_second"].get<double>(), 0);
  EXPECT_GT(report["time_to_first_note_ms"].get<double>(), 0);
  const auto read = read_midi_file(scratch.path("a/b.mid"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->warning_count, 0u);
  EXPECT_EQ(note_count(read->score), report["notes"].get<std::size_t>());
  EXPECT_EQ(read->score.meters.front().meter, (Meter{3, 4}));
  EXPECT_TRUE(std::filesystem::exists(scratch.path("b.svg")));
}

TEST(Cli, GenerateSaysWhatIsWrongInOneLine) {
  const Scratch scratch;
  const std::string out = scratch.path("x.mid");
  const std::vector<std::vector<std::string>> wrong = {
      {"generate", "--model", scratch.path("none.safetensors"), "-o", out},
      {"generate", "--prompt", scratch.path("none.mid"), "-o", out},
      {"generate", "--instruments", "kazoo orchestra", "-o", out},
      {"generate", "--time-signature", "waltz", "-o", out},
      {"generate", "--time-signature", "7/64", "-o", out},
      {"generate", "--tempo", "-5", "-o", out},
      {"generate", "--temperature", "-1", "-o", out},
      {"generate", "--top-p", "0", "-o", out},
      {"generate", "--bars", "0", "-o", out},
      {"generate", "--bars", "2", "-o", "/proc/no/such/place.mid"},
  };
  for (const auto& arguments : wrong) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 1) << arguments[1];
    EXPECT_TRUE(ran.one_line()) << arguments[1] << ": " << ran.err;
    EXPECT_FALSE(std::filesystem::exists(out));
  }
}

TEST(Cli, TokenizeAndDetokenizeBringTheMusicBack) {
  const Scratch scratch;
  const std::string song = small_midi(scratch);
  for (const char* layout : {"full", "compact"}) {
    for (const char* velocity : {"on", "off"}) {
      const auto there = run_program({"tokenize", song, "--layout", layout, "--velocity", velocity,
                                      "--grid", "24", "-o", scratch.path("t.json")});
      ASSERT_EQ(there.code, 0) << there.err;
      const auto back =
          run_program({"detokenize", scratch.path("t.json"), "-o", scratch.path("back.mid")});
      ASSERT_EQ(back.code, 0) << back.err;
      EXPECT_EQ(note_count(read_midi_file(scratch.path("back.mid"))->score), 64u);
    }
  }
  EXPECT_EQ(run_program({"inspect", scratch.path("t.json")}).code, 0);
}

TEST(Cli, BrokenTokenFilesAreRefusedInOneLine) {
  const Scratch scratch;
  for (const char* text :
       {"", "[]", "{}", "{\"format\": 7}", "{\"format\": \"sage-music tokens\", \"version\": 99}",
        "{\"format\": \"sage-music tokens\", \"version\": 1, \"tokenizer\": {}, \"pieces\": []}",
        R"({"format": "sage-music tokens", "version": 1, "tokenizer": {"scheme": "remi+",
            "layout": "full", "velocity": false, "grid": 12},
            "pieces": [{"file": "a", "tokens": [1, 99999]}]})"}) {
    ASSERT_TRUE(write_text(scratch.path("t.json"), text).has_value());
    for (const auto& arguments :
         {std::vector<std::string>{"inspect", scratch.path("t.json")},
          {"detokenize", scratch.path("t.json"), "-o", scratch.path("o.mid")}}) {
      const auto ran = run_program(arguments);
      EXPECT_EQ(ran.code, 1) << text;
      EXPECT_TRUE(ran.one_line()) << ran.err;
      EXPECT_FALSE(std::filesystem::exists(scratch.path("o.mid")));
    }
  }
}

TEST(Cli, InspectReadsOrRefusesEveryOddFile) {
  const auto folder = test::data_directory("odd");
  if (!folder) GTEST_SKIP() << "no music data: set SAGE_DATA to the folder that holds odd";
  for (const auto& path : test::midi_files(*folder)) {
    const auto ran = run_program({"inspect", path.string(), "--json"});
    if (ran.code == 0) {
      EXPECT_FALSE(ran.json().is_discarded()) << path;
    } else {
      EXPECT_EQ(ran.code, 1) << path;
      EXPECT_TRUE(ran.one_line()) << path << ": " << ran.err;
    }
  }
}

TEST(Cli, EvalLikelihoodReportsItsFigures) {
  const Scratch scratch;
  small_midi(scratch);
  const auto ran =
      run_program({"eval", "likelihood", "--data", scratch.folder().string(), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto report = ran.json();
  EXPECT_EQ(report["pieces"], 1);
  EXPECT_EQ(report["notes"], 64);
  EXPECT_NEAR(report["bits_per_note"].get<double>(),
              report["nats_per_note"].get<double>() / std::log(2.0), 1e-6);
  EXPECT_LE(report["nats_per_note_under_grammar"].get<double>(),
            report["nats_per_note"].get<double>());
}

TEST(Cli, EvalRoundTripKeepsEveryNoteOnTheGrid) {
  const Scratch scratch;
  small_midi(scratch);
  const auto report =
      run_program({"eval", "roundtrip", "--data", scratch.folder().string(), "--json"}).json();
  EXPECT_EQ(report["notes_kept"], 1.0);
  EXPECT_EQ(report["onsets_exact"], 1.0);
}

TEST(Cli, BenchSpeedReportsItsFigures) {
  const auto ran =
      run_program({"bench", "speed", "--shape", "tiny", "--attention", "mqa", "--type", "int8",
                   "--context", "32", "--tokens", "4", "--repeats", "2", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto report = ran.json();
  for (const char* key : {"decode_tokens_per_second", "prefill_tokens_per_second"})
    EXPECT_LE(report[key]["min"].get<double>(), report[key]["median"].get<double>());
  EXPECT_GT(report["kv_bytes_per_token"].get<int>(), 0);
  EXPECT_GT(report["peak_memory_bytes"].get<long long>(), 0);
  EXPECT_EQ(run_program({"bench", "speed", "--attention", "nope"}).code, 1);
}

TEST(Cli, CompletionIsAScriptThatKnowsTheCommands) {
  const auto ran = run_program({"completion"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("'eval likelihood') words='"), std::string::npos);
  EXPECT_NE(ran.out.find("--prompt-bars"), std::string::npos);
}

// Any change of any byte range of the shipped model, and any truncation, is refused by one clear
// line.
TEST(Cli, DamagedModelsAreRefused) {
  const Scratch scratch;
  const auto whole = read_file(shipped_model());
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  ASSERT_EQ(run_program({"inspect", shipped_model()}).code, 0);
  Random random(1);
  const std::string path = scratch.path("m.safetensors");
  for (int i = 0; i < 40; ++i) {
    auto bytes = *whole;
    const auto at = static_cast<std::size_t>(
        random.below(static_cast<std::uint32_t>(i % 2 ? 4096 : bytes.size())));
    if (i % 4 == 3) {
      bytes.resize(at);
    } else {
      const std::size_t length = std::min<std::size_t>(1 + random.below(64), bytes.size() - at);
      for (std::size_t k = 0; k < length; ++k)
        bytes[at + k] ^= static_cast<std::uint8_t>(1 + random.below(255));
    }
    ASSERT_TRUE(write_file(path, bytes).has_value());
    const auto ran = run_program({"inspect", path});
    EXPECT_EQ(ran.code, 1) << "at " << at;
    EXPECT_TRUE(ran.one_line()) << ran.err;
  }
}

}  // namespace
}  // namespace sage
