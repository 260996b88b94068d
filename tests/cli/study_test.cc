// The training studies by the command alone: interrupted, gone on with, reported again.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

namespace fs = std::filesystem;

using test::run_program;
using test::Scratch;

void write_bands(const Scratch& scratch, const std::string& folder, std::uint64_t first,
                 std::uint64_t pieces) {
  for (std::uint64_t i = first; i < first + pieces; ++i)
    ASSERT_TRUE(write_midi_file(test::band_score(i),
                                scratch.path(folder + "/" + std::to_string(i) + ".mid")));
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A finished arm without what is different each time.
std::string arm_of(const Scratch& scratch, const std::string& output, const std::string& run) {
  auto json = nlohmann::json::parse(text_of(scratch.path(output + "/arms/" + run + ".json")),
                                    nullptr, false);
  EXPECT_TRUE(json.is_object()) << run;
  json["seconds"] = json["training"]["seconds"] = json["continuation"]["seconds"] = 0;
  json["training"]["notes_and_nats_a_note"] = 0;  // cut where the run was
  json["model_hash"] = json["machine"] = 0;       // the file contains the training time
  return json.dump();
}

class StudyCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_bands(scratch_, "music", 0, 12);
    write_bands(scratch_, "held_out", 100, 4);
  }
  std::vector<std::string> study(const std::string& output, const std::string& notes,
                                 const std::vector<std::string>& arms) const {
    std::vector<std::string> words = {"study",
                                      "attention",
                                      "--data",
                                      scratch_.path("music"),
                                      "--held-out",
                                      scratch_.path("held_out"),
                                      "-o",
                                      scratch_.path(output),
                                      "--d-model",
                                      "32",
                                      "--layers",
                                      "1",
                                      "--heads",
                                      "4",
                                      "--d-ff",
                                      "32",
                                      "--context",
                                      "64",
                                      "--notes",
                                      notes,
                                      "--update-notes",
                                      "80",
                                      "--seeds",
                                      "1",
                                      "--pieces",
                                      "3",
                                      "--prompts",
                                      "3",
                                      "--prompt-bars",
                                      "2",
                                      "--bars",
                                      "2",
                                      "--type",
                                      "f32",
                                      "--speed-contexts",
                                      "16",
                                      "--speed-rounds",
                                      "2",
                                      "--arms"};
    words.insert(words.end(), arms.begin(), arms.end());
    return words;
  }
  Scratch scratch_;
};

TEST_F(StudyCommand, TrainsMeasuresAndReportsEveryKindOfArm) {
  const auto ran = run_program(
      study("out", "4000", {"mha", "as-kvhs-merged", "compound-nested", "remi-full-bpe"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::string page = text_of(scratch_.path("out/report.md"));
  for (const char* arm : {"mha †", "as-kvhs-merged †", "compound-nested †", "remi-full-bpe †"})
    EXPECT_NE(page.find(arm), std::string::npos) << arm;
  EXPECT_NE(page.find("## Speed"), std::string::npos);
  const auto report =
      nlohmann::json::parse(text_of(scratch_.path("out/report.json")), nullptr, false);
  for (const auto& arm : report["arms"]) {
    EXPECT_NEAR(arm["training"]["notes"].get<double>(), arm["arm"] == "as-kvhs-merged" ? 200 : 4000,
                arm["arm"] == "as-kvhs-merged" ? 80 : 100)
        << arm["arm"];
    EXPECT_GT(arm["nats_per_note"]["mean"].get<double>(), 0);
  }

  const auto again =
      run_program({"study", "attention", "--report-only", "-o", scratch_.path("out")});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(text_of(scratch_.path("out/report.md")), page);

  // Speed needs no trained arm: how many steps a note takes is known from one that writes alike.
  const auto timed =
      run_program({"study", "attention", "--speed-only", "-o", scratch_.path("out"), "--arms",
                   "mha", "mqa", "--speed-contexts", "8", "--speed-rounds", "2"});
  ASSERT_EQ(timed.code, 0) << timed.err;
  EXPECT_NE(text_of(scratch_.path("out/report.md")).find("| mqa |"), std::string::npos);
}

TEST_F(StudyCommand, InterruptedItEndsLikeUnbroken) {
  const auto whole = run_program(study("whole", "16000", {"mha"}));
  ASSERT_EQ(whole.code, 0) << whole.err;
  const auto words = study("broken", "16000", {"mha", "mqa"});
  const fs::path runs = fs::path(scratch_.path("broken")) / "work" / "runs";
  {
    test::Running running(words);
    const auto checkpointed = [&] {
      std::error_code error;
      for (fs::recursive_directory_iterator at(runs, error), end; !error && at != end;
           at.increment(error))
        if (at->path().filename() == "metrics.jsonl" && fs::file_size(at->path(), error) > 0)
          return true;
      return false;
    };
    while (running.going() && !checkpointed())
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(running.finish(2), 1);  // Ctrl-C
  }
  EXPECT_FALSE(fs::exists(scratch_.path("broken/arms/mqa.seed1.json")));
  const auto rest = run_program(words);
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(arm_of(scratch_, "broken", "mha.seed1"), arm_of(scratch_, "whole", "mha.seed1"));
}

TEST_F(StudyCommand, TwoProcessesShareTheArms) {
  auto words = study("out", "2000", {"mha", "mqa", "gqa-2"});
  words.insert(words.begin() + 2, {"--jobs", "2"});
  const auto ran = run_program(words);
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (const char* arm : {"mha", "mqa", "gqa-2"})
    EXPECT_NE(ran.out.find(std::string(arm) + ".seed1: "), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find("left to do"), std::string::npos) << ran.out;
}

TEST_F(StudyCommand, BytePairEncodingOfBands) {
  auto words =
      study("out", "2000", {"multi-track.none", "multi-track.500", "multi-track.500-total"});
  words[1] = "bpe";
  words.insert(words.begin() + 2, {"--stage", "train", "--layout", "full"});
  const auto ran = run_program(words);
  ASSERT_EQ(ran.code, 0) << ran.err;
  const std::string page = text_of(scratch_.path("out/report.md"));
  EXPECT_NE(page.find("multi-track.500 - multi-track.none"), std::string::npos);
  EXPECT_NE(page.find("## Merges"), std::string::npos);
  EXPECT_TRUE(fs::exists(scratch_.path("out/vocabulary.nats.svg")));
  // Of pianos there is nothing to train on.
  words.back() = "piano-scores.none";
  const auto refused = run_program(words);
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
}

TEST_F(StudyCommand, WrongUseIsOneLine) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"study", "attention", "-o", scratch_.path("x")},
        {"study", "attention", "--report-only", "-o", scratch_.path("x")},
        study("x", "100", {"no-such-arm"}),
        {"study", "attention", "--data", scratch_.path("nowhere"), "--held-out",
         scratch_.path("held_out"), "-o", scratch_.path("x")}}) {
    const auto refused = run_program(wrong);
    EXPECT_NE(refused.code, 0);
    EXPECT_TRUE(refused.one_line()) << refused.err;
  }
}

}  // namespace
}  // namespace sage
