// Byte pair encoding from outside: learnt, shown, applied, exchanged; and what is refused.
#include <gtest/gtest.h>

#include "base/file.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "program.h"
#include "tokens/merges.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

class BpeCommand : public testing::Test {
 protected:
  BpeCommand() {
    for (std::uint64_t i = 0; i < 6; ++i)
      EXPECT_TRUE(write_midi_file(test::band_score(i),
                                  scratch_.path("music/" + std::to_string(i) + ".mid")));
    learn_ = {"bpe", "train",   scratch_.path("music"), "--boundary", "beat", "--merges", "50",
              "-o",  tokenizer_};
  }
  void learn() { ASSERT_EQ(run_program(learn_).code, 0); }
  nlohmann::json json(const std::string& path) const {
    return nlohmann::json::parse(read_text(path).value());
  }

  Scratch scratch_;
  std::string tokenizer_ = scratch_.path("bpe.json");
  std::vector<std::string> learn_;
};

TEST_F(BpeCommand, LearnsTheSameMergesEveryTime) {
  learn();
  const auto first = read_text(tokenizer_).value();
  auto again = learn_;
  again.insert(again.end(), {"--threads", "1"});
  ASSERT_EQ(run_program(again).code, 0);
  EXPECT_TRUE(read_text(tokenizer_).value() == first);
  EXPECT_EQ(json(tokenizer_)["tokenizer"]["merges"]["pairs"].size(), 50U);
  EXPECT_EQ(json(tokenizer_)["training"]["counts"].size(), 50U);
}

TEST_F(BpeCommand, InspectSpeaksInWords) {
  learn();
  const auto ran = run_program({"bpe", "inspect", tokenizer_, "--top", "0"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("50 merges (boundary beat)"), std::string::npos);
  EXPECT_NE(ran.out.find(" + Drum 42 + Duration 6/12"), std::string::npos);
  EXPECT_NE(ran.out.find("| a whole note |"), std::string::npos);
  const auto machine = run_program({"bpe", "inspect", tokenizer_, "--json"}).json();
  EXPECT_EQ(machine["composition"]["total"], 50);
  EXPECT_EQ(machine["tokens"].size(), 50U);
  EXPECT_EQ(machine["composition"]["crosses_bar"], 0);
}

TEST_F(BpeCommand, MergedTokensAreTheSameMusic) {
  learn();
  const std::string song = scratch_.path("music/3.mid");
  const auto run = [&](const std::vector<std::string>& arguments) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
  };
  run({"tokenize", song, "-o", scratch_.path("base.json")});
  run({"tokenize", song, "--tokenizer", tokenizer_, "-o", scratch_.path("direct.json")});
  run({"bpe", "apply", scratch_.path("base.json"), "--tokenizer", tokenizer_, "-o",
       scratch_.path("applied.json")});
  EXPECT_TRUE(json(scratch_.path("direct.json")) == json(scratch_.path("applied.json")));
  EXPECT_LT(json(scratch_.path("direct.json"))["pieces"][0]["tokens"].size(),
            json(scratch_.path("base.json"))["pieces"][0]["tokens"].size());
  run({"detokenize", scratch_.path("base.json"), "-o", scratch_.path("base.mid")});
  run({"detokenize", scratch_.path("direct.json"), "-o", scratch_.path("merged.mid")});
  EXPECT_EQ(read_file(scratch_.path("base.mid")).value(),
            read_file(scratch_.path("merged.mid")).value());
  const auto trip = run_program(
      {"eval", "roundtrip", "--data", scratch_.path("music"), "--tokenizer", tokenizer_, "--json"});
  EXPECT_EQ(trip.json()["files"], 6);
  EXPECT_EQ(trip.json()["failed_files"], 0);
}

TEST_F(BpeCommand, GoesToMidiTokAndBack) {
  learn();
  const std::string theirs = scratch_.path("tokenizer.json"), back = scratch_.path("back.json");
  ASSERT_EQ(run_program({"bpe", "export", tokenizer_, "-o", theirs}).code, 0);
  ASSERT_EQ(run_program({"bpe", "import", theirs, "-o", back}).code, 0);
  EXPECT_EQ(json(back)["tokenizer"], json(tokenizer_)["tokenizer"]);
}

TEST_F(BpeCommand, SaysWhatIsWrongInOneLine) {
  learn();
  ASSERT_TRUE(write_text(scratch_.path("noise.json"), "{\"a\": [1, 2").has_value());
  ASSERT_TRUE(write_text(scratch_.path("other.json"), "{\"model\": {\"type\": \"BPE\"}}"));
  ASSERT_EQ(run_program({"tokenize", scratch_.path("music/1.mid"), "--scheme", "tsd", "-o",
                         scratch_.path("tsd.json")})
                .code,
            0);
  ASSERT_EQ(run_program({"tokenize", scratch_.path("music/1.mid"), "--tokenizer", tokenizer_, "-o",
                         scratch_.path("merged.json")})
                .code,
            0);
  auto damaged = json(scratch_.path("merged.json"));
  damaged["pieces"][0]["tokens"][9] = 1'000'000;
  ASSERT_TRUE(write_text(scratch_.path("damaged.json"), damaged.dump()).has_value());
  const std::string out = scratch_.path("out.json");
  const std::vector<std::vector<std::string>> failing = {
      {"bpe", "inspect", scratch_.path("noise.json")},
      {"bpe", "inspect", scratch_.path("other.json")},
      {"bpe", "inspect", scratch_.path("tsd.json")},
      {"bpe", "import", scratch_.path("noise.json"), "-o", out},
      {"bpe", "import", tokenizer_, "-o", out},
      {"bpe", "train", scratch_.path("nowhere"), "-o", out},
      {"bpe", "apply", scratch_.path("tsd.json"), "--tokenizer", tokenizer_, "-o", out},
      {"bpe", "apply", scratch_.path("merged.json"), "--tokenizer", tokenizer_, "-o", out},
      {"detokenize", scratch_.path("damaged.json"), "-o", scratch_.path("out.mid")},
      {"tokenize", scratch_.path("music/1.mid"), "--tokenizer", scratch_.path("tsd.json"), "-o",
       out},
  };
  for (const auto& arguments : failing) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, 1) << arguments[1] << ": " << ran.err;
    EXPECT_TRUE(ran.one_line()) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(out));
  }
  // A file that is left out is named before the error.
  const auto noise = run_program({"bpe", "train", scratch_.path("noise.json"), "-o", out});
  EXPECT_EQ(noise.code, 1);
  EXPECT_NE(noise.err.find("left out: "), std::string::npos) << noise.err;
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_EQ(
      run_program({"tokenize", "a.mid", "--tokenizer", tokenizer_, "--scheme", "tsd", "-o", out})
          .code,
      2);
  EXPECT_EQ(run_program({"bpe", "train", "x", "--boundary", "phrase", "-o", out}).code, 2);
}

TEST_F(BpeCommand, TheStudyReportsAndGoesOn) {
  const std::string out = scratch_.path("report");
  const std::vector<std::string> study = {"study",      "bpe",
                                          "--stage",    "tokens",
                                          "--data",     scratch_.path("music"),
                                          "--held-out", scratch_.path("music"),
                                          "--merges",   "0",
                                          "20",         "40",
                                          "-o",         out};
  ASSERT_EQ(run_program(study).code, 0);
  const auto first = read_text(out + "/report.json").value();
  ASSERT_EQ(run_program(study).code, 0);
  EXPECT_TRUE(read_text(out + "/report.json").value() ==
              first);  // the seconds, too, are those kept
  EXPECT_NE(read_text(out + "/report.md")->find("Multi-track"), std::string::npos);
  ASSERT_TRUE(write_text(scratch_.path("empty/readme.txt"), "").has_value());
  const auto none =
      run_program({"study", "bpe", "--stage", "tokens", "--data", scratch_.path("empty"),
                   "--held-out", scratch_.path("music"), "-o", out});
  EXPECT_EQ(none.code, 1);
  EXPECT_TRUE(none.one_line()) << none.err;
}

}  // namespace
}  // namespace sage
