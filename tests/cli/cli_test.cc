// The commands from outside: files, messages and exit codes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
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
                              "quantize", "completion", "version"}) {
    const auto help = run_program({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_NE(help.out.find("Usage"), std::string::npos) << command;
  }
  EXPECT_EQ(run_program({}).code, 2);
  EXPECT_EQ(run_program({"no-such-command"}).code, 2);
  EXPECT_EQ(run_program({"generate"}).code, 2);  // lacks -o
  EXPECT_EQ(run_program({"generate", "--bars", "many", "-o", "x.mid"}).code, 2);
  EXPECT_TRUE(run_program({"generate", "--no-such-flag"}).one_line());
  const auto twice = run_program({"generate", "--seed", "1", "--seed", "2", "-o", "x.mid"});
  EXPECT_EQ(twice.code, 2);
  EXPECT_NE(twice.err.find("--seed is given more than once"), std::string::npos) << twice.err;
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
  EXPECT_GT(report["endings_tried"].get<int>(), 0);
  EXPECT_LT(report["ending_seconds"].get<double>(), report["generation_seconds"].get<double>());
  EXPECT_TRUE(report["ending_log_odds"].is_number());
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
  const std::vector<std::vector<std::string>> failing = {
      {"--model", scratch.path("none.safetensors")},
      {"--prompt", scratch.path("none.mid")},
      {"--time-signature", "7/64"},  // well formed, but the model has none such
      {"--svg", "/proc/no/such/place.svg"},
  };
  const std::vector<std::vector<std::string>> misused = {
      {"--prompt", ""},         {"--instruments", ""},
      {"--tempo", ""},          {"--time-signature", ""},
      {"--model", ""},          {"--wav", ""},
      {"--prompt-bars", "2"},   {"--instruments", "kazoo orchestra"},
      {"--instruments", ","},   {"--time-signature", "waltz"},
      {"--tempo", "0"},         {"--tempo", "-5"},
      {"--seed", "-1"},         {"--temperature", "-1"},
      {"--temperature", "nan"}, {"--top-p", "0"},
      {"--bars", "0"},          {"--max-notes", "-1"},
      {"--tempo", "nan"},       {"--max-seconds", "inf"},
      {"--presence", "nan"},    {"--time-signature", "4/3"},
      {"--sound-font", "x"},    {"--seed", "18446744073709551616"},
      {"--endings", "-1"},      {"--endings", "1001"},
  };
  const auto expect = [&](int code, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"generate", "-o", out});
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, code) << arguments[3] << " " << arguments[4];
    EXPECT_TRUE(ran.one_line()) << arguments[3] << ": " << ran.err;
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  for (const auto& arguments : failing) expect(1, arguments);
  for (const auto& arguments : misused) expect(2, arguments);
}

TEST(Cli, WrongUsageOfOtherCommandsIs2) {
  const Scratch scratch;
  const std::string song = small_midi(scratch);
  const std::vector<std::vector<std::string>> misused = {
      {"render", song},
      {"tokenize", song, "--scheme", "nope", "-o", scratch.path("t.json")},
      {"bench", "speed", "--shape", "nope"},
      {"bench", "speed", "--attention", "nope"},
      {"bench", "attention", "--members", "mha,nope"},
      {"eval", "roundtrip", "--data", song, "--limit", "-4"},
      {"inspect", ""},
  };
  for (const auto& arguments : misused) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 2) << arguments[0];
    EXPECT_TRUE(ran.one_line()) << ran.err;
  }
}

/// Whatever the names, links and spellings.
TEST(Cli, NothingThatIsReadOrJustWrittenIsOverwritten) {
  const Scratch scratch;
  const std::string song = small_midi(scratch), model = scratch.path("model.safetensors");
  const std::string link = scratch.path("link.mid"), detour = scratch.path("none/../song.mid");
  const std::string out = scratch.path("out.mid"), take = scratch.path("song-1.mid");
  std::filesystem::create_symlink(song, link);
  const std::string early = scratch.path("early.svg");  // leads to what the command would write
  std::filesystem::create_symlink("out.mid", early);
  std::filesystem::copy_file(shipped_model(), model);
  std::filesystem::copy_file(song, take);
  const std::string music = read_text(song).value(), weights = read_text(model).value();
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"generate", "--prompt", song, "-o", link},
           {"generate", "--prompt", take, "--takes", "2", "-o", song},
           {"generate", "--model", model, "-o", model},
           {"generate", "-o", out, "--svg", out},
           {"generate", "-o", out, "--svg", early},
           {"generate", "-o", out, "--takes", "2", "--svg", out},
           {"infill", song, "--bars", "1", "-o", detour},
           {"infill", song, "--bars", "1", "-o", out, "--wav", out},
           {"render", song, "--svg", song},
           {"tokenize", song, "-o", song},
           {"render", song, "--svg", out, "--wav", out},
           {"convert", model, "--type", "bf16", "-o", model},
           {"quantize", model, "-o", model}}) {
    const auto ran = run_program(command);
    EXPECT_EQ(ran.code, 2) << command[0] << ": " << ran.out;
    EXPECT_TRUE(ran.one_line()) << ran.err;
    EXPECT_TRUE(ran.err.find("would be overwritten") != std::string::npos ||
                ran.err.find("two outputs") != std::string::npos ||
                ran.err.find(" is written there; name it ") != std::string::npos)
        << ran.err;
    EXPECT_FALSE(std::filesystem::exists(out)) << command[0];
  }
  EXPECT_EQ(read_text(song).value(), music);
  EXPECT_EQ(read_text(take).value(), music);
  EXPECT_EQ(read_text(model).value(), weights);
}

TEST(Cli, AModelNamedByTheEnvironmentMustBeThere) {
  const auto ran = run_program({"generate", "-o", "x.mid"}, {"SAGE_MODEL=/nowhere/m.safetensors"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("SAGE_MODEL"), std::string::npos) << ran.err;
}

TEST(Cli, BarsReportedAreBarsWritten) {
  const Scratch scratch;
  const std::string song = small_midi(scratch);
  const auto bars = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"generate", "--json", "-o", scratch.path("x.mid")});
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    return ran.json()["bars"].get<int>();
  };
  EXPECT_EQ(bars({"--bars", "9"}), 9);
  EXPECT_EQ(bars({"--bars", "9", "--prompt", song}), 9);
  EXPECT_EQ(bars({"--bars", "900", "--max-notes", "1", "--prompt", song}), 1);
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
            "pieces": [{"file": "a", "tokens": [1, 99999]}]})",
        R"({"format": "sage-music tokens", "version": 1, "tokenizer": {"scheme": "remi+",
            "layout": "full", "velocity": false, "grid": 12.7}, "pieces": []})",
        R"({"format": "sage-music tokens", "version": 1, "tokenizer": {"scheme": "remi+",
            "layout": "full", "velocity": false, "grid": 12},
            "pieces": [{"file": "a", "tokens": [4294967297]}]})",
        R"({"format": "sage-music tokens", "version": 1, "tokenizer": {"scheme": "remi+",
            "layout": "full", "velocity": false, "grid": 12},
            "pieces": [{"file": "a", "tokens": [true, 3.9]}]})"}) {
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

TEST(Cli, DetokenizeNamesFilesByTheirPieces) {
  const Scratch scratch;
  ASSERT_EQ(run_program({"tokenize", small_midi(scratch), "-o", scratch.path("t.json")}).code, 0);
  auto file = nlohmann::json::parse(read_text(scratch.path("t.json")).value());
  auto piece = file["pieces"][0];
  const std::string folder = scratch.path("out");
  ASSERT_TRUE(std::filesystem::create_directory(folder));
  ASSERT_EQ(run_program({"detokenize", scratch.path("t.json"), "-o", folder}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder + "/song.mid"));
  file["pieces"].clear();
  for (const char* name : {"", "", "a\x1b[31m.mid"}) {
    piece["file"] = name;
    file["pieces"].push_back(piece);
  }
  ASSERT_TRUE(write_text(scratch.path("t.json"), file.dump()).has_value());
  ASSERT_EQ(run_program({"detokenize", scratch.path("t.json"), "-o", folder}).code, 0);
  for (const char* name : {"piece", "piece-2", "a_[31m"})
    EXPECT_TRUE(std::filesystem::exists(folder + "/" + name + ".mid")) << name;
  EXPECT_EQ(run_program({"inspect", scratch.path("t.json")}).out.find('\x1b'), std::string::npos);
}

TEST(Cli, DetokenizeSaysWhereAPieceBreaksOff) {
  const Scratch scratch;
  for (const char* scheme : {"remi+", "cp"}) {
    ASSERT_EQ(run_program({"tokenize", small_midi(scratch), "--scheme", scheme, "-o",
                           scratch.path("t.json")})
                  .code,
              0);
    const auto detokenize = [&] {
      return run_program({"detokenize", scratch.path("t.json"), "-o", scratch.path("back.mid")});
    };
    EXPECT_EQ(detokenize().err, "") << scheme;
    auto file = nlohmann::json::parse(read_text(scratch.path("t.json")).value());
    auto& tokens = file["pieces"][0]["tokens"];
    tokens.erase(tokens.begin() + 60, tokens.end());
    ASSERT_TRUE(write_text(scratch.path("t.json"), file.dump()).has_value());
    const auto ran = detokenize();
    EXPECT_EQ(ran.code, 0) << scheme << ": " << ran.err;
    EXPECT_TRUE(ran.one_line()) << scheme << ": " << ran.err;
    EXPECT_NE(ran.err.find("end before the end"), std::string::npos) << scheme << ": " << ran.err;
  }
}

TEST(Cli, GenerateSaysWhereItCannotGoOnInThePromptsMeter) {
  const Scratch scratch;
  Score score = read_midi_file(small_midi(scratch)).value().score;
  const auto go_on = [&](Meter meter, const std::vector<std::string>& more) {
    score.meters = {{{0}, meter}};
    EXPECT_TRUE(write_midi_file(score, scratch.path("song.mid")).has_value());
    std::vector<std::string> arguments = {
        "generate", "--prompt", scratch.path("song.mid"), "--bars",
        "1",        "-o",       scratch.path("x.mid")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.err;
  };
  EXPECT_EQ(go_on({5, 4}, {}), "");
  EXPECT_EQ(go_on({13, 4}, {"--time-signature", "3/4"}), "");
  const std::string note = go_on({13, 4}, {});
  EXPECT_NE(note.find("13/4"), std::string::npos) << note;
  EXPECT_NE(note.find("7/4"), std::string::npos) << note;
}

TEST(Cli, APipeIsRefusedAndNotWaitedFor) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo(scratch.path("pipe.mid").c_str(), 0600), 0);
  const auto ran = run_program({"inspect", scratch.path("pipe.mid")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.one_line()) << ran.err;
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

  ASSERT_TRUE(write_text(scratch.path("broken/b.mid"), "no music").has_value());
  const auto refused = run_program({"eval", "roundtrip", "--data", scratch.path("broken")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
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
}

TEST(Cli, BenchSpeedSweepsAndShowsTheKernels) {
  const auto ran = run_program({"bench", "speed", "--shape", "tiny", "--type", "bf16,int8",
                                "--context", "64,70", "--cache", "int8", "--threads", "2",
                                "--tokens", "2", "--repeats", "1", "--kernels", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ASSERT_EQ(ran.json().size(), 4u);
  for (const auto& row : ran.json()) {
    EXPECT_EQ(row["cache"], "int8");
    EXPECT_GT(row["bound_tokens_per_second"].get<double>(), 0);
    EXPECT_EQ(row["kernels"].size(), 6u);
    for (const auto& kernel : row["kernels"]) EXPECT_GT(kernel["bytes"].get<long long>(), 0);
  }
}

TEST(Cli, QuantizeWritesAModelAndTellsWhatItCosts) {
  const Scratch scratch;
  const std::string song = small_midi(scratch), model = "models/small.safetensors";
  const auto ran = run_program(
      {"quantize", model, "--data", song, "-o", scratch.path("q.safetensors"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto types = ran.json()["types"];
  ASSERT_EQ(types.size(), 5u);
  EXPECT_EQ(types[0]["change_percent"], 0.0);
  // Of one made-up tune; of real music int4 costs about a hundredth (models/README.md).
  for (const auto& row : types)
    EXPECT_LT(std::abs(row["change_percent"].get<double>()), row["weights"] == "int4" ? 20 : 5);
  const auto narrow = run_program({"inspect", scratch.path("q.safetensors"), "--json"});
  ASSERT_EQ(narrow.code, 0) << narrow.err;
  EXPECT_EQ(narrow.json()["type"], "int8");
  EXPECT_EQ(run_program({"quantize", model}).code, 2);
}

TEST(Cli, CompletionIsAScriptThatKnowsTheCommands) {
  const auto ran = run_program({"completion"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("'eval likelihood') words='"), std::string::npos);
  EXPECT_NE(ran.out.find("--prompt-bars"), std::string::npos);

  const Scratch scratch;
  const std::string words = scratch.path("words");
  const std::string check = ran.out +
                            "COMP_WORDS=(sage-music inspect song.mid --j) COMP_CWORD=3\n"
                            "_sage_music && echo \"${COMPREPLY[@]}\" >" +
                            words +
                            "\nCOMP_WORDS=(sage-music bench at) COMP_CWORD=2\n"
                            "_sage_music && echo \"${COMPREPLY[@]}\" >>" +
                            words + "\n";
  ASSERT_TRUE(write_text(scratch.path("check.sh"), check).has_value());
  ASSERT_EQ(std::system(("bash " + scratch.path("check.sh")).c_str()), 0);
  EXPECT_EQ(read_text(words).value(), "--json\nattention\n");
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
