// The benchmark as a user meets it: scores of folders, continuations that resume, copies that are
// found.
#include <gtest/gtest.h>

#include "base/file.h"
#include "midi/writer.h"
#include "program.h"

namespace sage::test {
namespace {

/// A few bars of broken chords, different for each `seed`.
void write_piece(const std::string& path, int seed) {
  Score score;
  score.tracks.resize(2);
  score.tracks[1].program = 32;
  for (int i = 0; i < 80; ++i)
    score.tracks[0].notes.push_back(
        {Tick{240 * i}, Tick{200}, static_cast<std::uint8_t>(60 + (i * (seed + 3)) % 17), 80});
  for (int i = 0; i < 10; ++i)
    score.tracks[1].notes.push_back(
        {Tick{960 * i}, Tick{900}, static_cast<std::uint8_t>(36 + (i * seed) % 7), 80});
  ASSERT_TRUE(write_midi_file(score, path));
}

class Eval : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      const std::string name = std::string(1, static_cast<char>('a' + i)) + ".mid";
      write_piece(scratch_.path("references/" + name), i);
      write_piece(scratch_.path("same/" + name), i);
      write_piece(scratch_.path("other/" + name), i + 1);
    }
  }
  Scratch scratch_;
};

TEST_F(Eval, ScoresFoldersAndWritesReports) {
  const Ran ran =
      run_program({"eval", "score", "--outputs", scratch_.path("same"), "--outputs",
                   "B=" + scratch_.path("other"), "--references", scratch_.path("references"),
                   "--report", scratch_.path("r/report"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = ran.json();
  EXPECT_EQ(json["systems"][0]["name"], "same");
  EXPECT_EQ(json["systems"][0]["nmsi"]["mean"], 100.0);
  EXPECT_EQ(json["systems"][1]["name"], "B");
  EXPECT_LT(json["systems"][1]["nmsi"]["mean"], 100.0);
  EXPECT_EQ(json["calibrations"][0]["nmsi"]["mean"], 100.0);
  for (const char* kind : {".json", ".md", ".html"})
    EXPECT_TRUE(std::filesystem::exists(scratch_.path(std::string("r/report") + kind)));
}

TEST_F(Eval, MissingOutputsAreNamedAndCount) {
  std::filesystem::remove(scratch_.path("same/a.mid"));
  const Ran ran = run_program({"eval", "score", "--outputs", scratch_.path("same"), "--references",
                               scratch_.path("references"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = ran.json();
  EXPECT_EQ(json["systems"][0]["missing"], 1);
  EXPECT_EQ(json["systems"][0]["pieces"], 3);
  EXPECT_NEAR(json["systems"][0]["nmsi"]["mean"].get<double>(), 200.0 / 3, 1e-9);
}

TEST_F(Eval, WrongFoldersFailInOneLine) {
  const Ran ran = run_program({"eval", "score", "--outputs", scratch_.path("nowhere"),
                               "--references", scratch_.path("references")});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(ran.one_line()) << ran.err;
  EXPECT_EQ(run_program({"eval", "score"}).code, 2);
  EXPECT_EQ(run_program({"eval", "degrade", "--how", "nonsense"}).code, 2);
}

TEST_F(Eval, HeldOutPiecesAreNeverOverwritten) {
  const std::string data = scratch_.path("references");
  const auto bytes = read_text(data + "/a.mid").value();
  std::filesystem::create_directory_symlink(data, scratch_.path("link"));
  for (const std::string& place : {data, data + "/inside", scratch_.path("link")})
    for (const std::vector<std::string>& task :
         std::vector<std::vector<std::string>>{{"continuation"},
                                               {"infill"},
                                               {"degrade", "--how", "thinned"},
                                               {"holes", "--task", "infill"}}) {
      std::vector<std::string> command = {"eval"};
      command.insert(command.end(), task.begin(), task.end());
      command.insert(command.end(), {"--data", data, "-o", place});
      const Ran refused = run_program(command);
      EXPECT_EQ(refused.code, 2) << task[0] << " " << place;
      EXPECT_TRUE(refused.one_line()) << refused.err;
      EXPECT_NE(refused.err.find("in the folder that is read"), std::string::npos) << refused.err;
    }
  std::filesystem::rename(data, scratch_.path("pieces"));
  const Ran refused = run_program({"eval", "holes", "--task", "infill", "--data",
                                   scratch_.path("pieces"), "-o", scratch_.path("")});
  EXPECT_EQ(refused.code, 2);
  std::filesystem::rename(scratch_.path("pieces"), data);
  EXPECT_EQ(read_text(data + "/a.mid").value(), bytes);
  EXPECT_FALSE(std::filesystem::exists(data + "/inside"));
}

TEST_F(Eval, AFolderThatNothingCanBeMadeOfIsOneLine) {
  ASSERT_TRUE(write_text(scratch_.path("bad/a.mid"), "no music"));
  ASSERT_TRUE(write_text(scratch_.path("bad/b.mid"), "none either"));
  for (const std::vector<std::string>& task : std::vector<std::vector<std::string>>{
           {"continuation", "-m", shipped_model()}, {"holes", "--task", "infill"}}) {
    std::vector<std::string> command = {"eval"};
    command.insert(command.end(), task.begin(), task.end());
    command.insert(command.end(), {"--data", scratch_.path("bad"), "-o", scratch_.path("out")});
    const Ran ran = run_program(command);
    EXPECT_EQ(ran.code, 1) << task[0];
    EXPECT_NE(ran.err.find("none of the 2 "), std::string::npos) << ran.err;
  }
}

TEST_F(Eval, ContinuesAndResumes) {
  const std::vector<std::string> command = {"eval",   "continuation",
                                            "-m",     shipped_model(),
                                            "--data", scratch_.path("references"),
                                            "-o",     scratch_.path("out"),
                                            "--bars", "1",
                                            "--jobs", "2"};
  const Ran first = run_program(command);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("League table"), std::string::npos);
  const auto bytes = read_text(scratch_.path("out/a.mid")).value();
  std::filesystem::remove(scratch_.path("out/a.mid"));
  ASSERT_EQ(run_program(command).code, 0);
  EXPECT_EQ(read_text(scratch_.path("out/a.mid")).value(), bytes);
  auto other = command;
  other.insert(other.end(), {"--seed", "9"});
  const Ran refused = run_program(other);
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
}

TEST_F(Eval, TakesAreWrittenBelowTheFirstAndScoredTogether) {
  const std::string out = scratch_.path("takes");
  const Ran model = run_program({"eval", "continuation", "-m", shipped_model(), "--data",
                                 scratch_.path("references"), "-o", out, "--takes", "3", "--json"});
  ASSERT_EQ(model.code, 0) << model.err;
  const auto system = model.json()["systems"][0];
  EXPECT_GT(system["energy_score"]["score"]["mean"], 0.0);
  EXPECT_GT(system["energy_score"]["between_takes"]["mean"], 0.0);
  EXPECT_NE(read_text(out + "/a.mid").value(), read_text(out + "/take-2/a.mid").value());
  EXPECT_FALSE(std::filesystem::exists(out + "/take-4"));
  const Ran again =
      run_program({"eval", "score", "--outputs", out, "--references", scratch_.path("references"),
                   "--skip-bars", "4", "--bars", "16", "--json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.json()["systems"][0]["energy_score"], system["energy_score"]);
  EXPECT_EQ(run_program({"eval", "unconditional", "--takes", "2"}).code, 2);
}

TEST_F(Eval, AllTasksComeOntoOnePageAndTwoPagesAreCompared) {
  for (const char* seed : {"1", "2"}) {
    const Ran ran = run_program({"eval", "all", "--data", scratch_.path("references"), "-o",
                                 scratch_.path(seed), "--seed", seed, "--jobs", "1"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(std::filesystem::exists(scratch_.path(seed + std::string("/all.html"))));
    EXPECT_NE(ran.out.find("energy score"), std::string::npos);
    EXPECT_NE(ran.out.find("nats a note"), std::string::npos);
  }
  const Ran ran =
      run_program({"eval", "compare", scratch_.path("1"), scratch_.path("2"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto verdicts = ran.json()["verdicts"];
  ASSERT_FALSE(verdicts.empty());
  for (const auto& verdict : verdicts) {
    EXPECT_GE(verdict["works"], 2);             // some pieces have no clash to count
    if (verdict["measure"] == "nats a note") {  // the same weights know the same
      EXPECT_EQ(verdict["difference"], 0);
    }
  }
  EXPECT_EQ(run_program({"eval", "compare", scratch_.path("1"), scratch_.path("same")}).code, 1);
}

TEST_F(Eval, HolesAreFilledByAnySystem) {
  for (const char* task : {"infill", "accompany"}) {
    const std::string out = scratch_.path(task);
    const Ran made = run_program({"eval", "holes", "--task", task, "--data",
                                  scratch_.path("references"), "-o", out, "--bars", "3"});
    ASSERT_EQ(made.code, 0) << made.err;
    const std::string plan = out + "/plan.json";
    // The pieces with their holes are silent there, and else as they were; the originals fit.
    const Ran ran = run_program({"eval", "score", "--outputs", scratch_.path("same"), "--outputs",
                                 "holes=" + out + "/pieces", "--references",
                                 scratch_.path("references"), "--plan", plan, "--json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto json = ran.json();
    EXPECT_EQ(json["systems"][0]["name"], "same");
    EXPECT_EQ(json["systems"][0]["nmsi"]["low"], 100.0);
    EXPECT_EQ(json["systems"][1]["silent"], 3);
    EXPECT_LT(json["systems"][1]["nmsi"]["mean"], 60.0);
    for (const auto& system : json["systems"]) EXPECT_EQ(system["rest"]["disturbed_pieces"], 0);
    EXPECT_EQ(json["systems"][1]["metrics"]["silent_instrument"]["mean"], 1.0);
    EXPECT_EQ(json["calibrations"].size(), std::string(task) == "infill" ? 3u : 4u);
    // A model's run over a plan, and its folder scored from outside, give the same result.
    const Ran model =
        run_program({"eval", task, "-m", shipped_model(), "--data", scratch_.path("references"),
                     "-o", out + "/model", "--plan", plan, "--json"});
    ASSERT_EQ(model.code, 0) << model.err;
    EXPECT_EQ(model.json()["systems"][0]["missing"], 0);
    EXPECT_EQ(model.json()["systems"][0]["probes"].size(), std::string(task) == "infill" ? 2u : 1u);
    EXPECT_EQ(model.json()["systems"][0]["rest"]["disturbed_pieces"], 0);
    const Ran again =
        run_program({"eval", "score", "--outputs", out + "/model", "--references",
                     scratch_.path("references"), "--plan", out + "/model/plan.json", "--json"});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.json()["systems"][0]["nmsi"], model.json()["systems"][0]["nmsi"]);
    EXPECT_EQ(again.err, "");
  }
}

TEST_F(Eval, WrongPlansFailInOneLine) {
  const std::string references = scratch_.path("references");
  ASSERT_EQ(run_program({"eval", "holes", "--task", "infill", "--data", references, "-o",
                         scratch_.path("h"), "--bars", "3"})
                .code,
            0);
  const std::string plan = scratch_.path("h/plan.json"), bad = scratch_.path("bad.json");
  ASSERT_TRUE(write_text(bad, "{}"));
  const auto score = [&](const std::string& file) {
    return std::vector<std::string>{"eval",         "score",    "--outputs", scratch_.path("same"),
                                    "--references", references, "--plan",    file};
  };
  const Ran refused = run_program(score(bad));
  EXPECT_EQ(refused.code, 1);
  EXPECT_TRUE(refused.one_line()) << refused.err;
  auto both = score(plan);
  both.insert(both.end(), {"--bars", "4"});
  EXPECT_EQ(run_program(both).code, 2);
  EXPECT_EQ(run_program(score(scratch_.path("nowhere.json"))).code, 2);
  const Ran other = run_program({"eval", "accompany", "-m", shipped_model(), "--data", references,
                                 "-o", scratch_.path("out"), "--plan", plan});
  EXPECT_EQ(other.code, 1);
  EXPECT_TRUE(other.one_line()) << other.err;
  // Pieces without room for a hole are named, and nothing but such pieces is an error.
  const Ran none = run_program({"eval", "infill", "-m", shipped_model(), "--data", references, "-o",
                                scratch_.path("out"), "--bars", "50"});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.err.find("no room for a hole of 50"), std::string::npos) << none.err;
}

TEST_F(Eval, ContinuationsAreTestedForFailures) {
  const Ran ran = run_program({"eval", "score", "--outputs", scratch_.path("other"), "--references",
                               scratch_.path("references"), "--skip-bars", "4"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("Failure rates"), std::string::npos);
  EXPECT_NE(ran.out.find("Stuck loop"), std::string::npos);
}

TEST_F(Eval, FindsCopies) {
  const Ran ran = run_program({"eval", "copying", "--outputs", scratch_.path("same"), "--train",
                               scratch_.path("references"), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = ran.json();
  for (const auto& run : json["sets"][0]["runs"]) EXPECT_EQ(run["longest"], 80);
}

TEST_F(Eval, MeasuresLatency) {
  const Ran ran = run_program({"bench", "latency", "-m", shipped_model(), "--data",
                               scratch_.path("references"), "--bars", "1", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = ran.json();
  EXPECT_EQ(json["runs"], 3);
  EXPECT_GT(json["time_to_first_note_ms"]["p50"], 0.0);
  EXPECT_LE(json["time_to_first_note_ms"]["p50"], json["time_to_first_note_ms"]["p99.9"]);
}

}  // namespace
}  // namespace sage::test
