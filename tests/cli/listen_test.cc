// A listening test from folders to findings; the listeners are simulated.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "listen/simulated.h"
#include "midi/writer.h"
#include "program.h"

namespace sage::test {
namespace {

class Listen : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i)
      for (const char* folder : {"ours", "held_out"}) {
        Score score;
        score.tracks.resize(1);
        for (int k = 0; k < 40; ++k)
          score.tracks[0].notes.push_back(
              {Tick{240 * k}, Tick{200}, static_cast<std::uint8_t>(55 + k * (i + 3) % 19), 80});
        const std::string name = std::string(1, static_cast<char>('a' + i)) + ".mid";
        ASSERT_TRUE(write_midi_file(score, scratch_.path(folder + ("/" + name))));
      }
    built_ = run_program({"listen", "build", "--system", "ours=" + scratch_.path("ours"),
                          "--references", scratch_.path("held_out"), "--seconds", "3", "--clips",
                          "2", "--sample-rate", "8000", "-o", scratch_.path("out")});
  }
  std::string analyse(const std::vector<nlohmann::ordered_json>& results) {
    for (std::size_t i = 0; i < results.size(); ++i)
      EXPECT_TRUE(write_text(scratch_.path("r/" + std::to_string(i)), results[i].dump()));
    return scratch_.path("r/");
  }
  Scratch scratch_;
  Ran built_;
};

TEST_F(Listen, BuildsATestThatItsKeyExplains) {
  ASSERT_EQ(built_.code, 0) << built_.err;
  const auto test = read_key(read_text(scratch_.path("out/key.json")).value());
  ASSERT_TRUE(test) << test.error().message;
  EXPECT_EQ(test->systems, (std::vector<std::string>{"ours", "reference"}));
  EXPECT_EQ(test->pieces.size(), 2u);
  for (const ListeningClip& clip : test->clips) {
    const auto bytes = read_file(scratch_.path("out/test/clips/" + clip.id + ".wav"));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), 44u + 3 * 8000 * 4);
    EXPECT_EQ(sha256_hex(*bytes), clip.sha256);
  }
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("out/test/index.html")));
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("out/test/test.json")));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("out/test/key.json")));
  const Ran again =
      run_program({"listen", "build", "--system", scratch_.path("ours"), "--references",
                   scratch_.path("held_out"), "-o", scratch_.path("out")});
  EXPECT_EQ(again.code, 1);  // no test is overwritten
  EXPECT_TRUE(again.one_line()) << again.err;
}

TEST_F(Listen, AnalysesWhatListenersSaved) {
  const auto test = read_key(read_text(scratch_.path("out/key.json")).value()).value();
  const std::string folder = analyse({simulated_result(test, 1), simulated_result(test, 2)});
  ASSERT_TRUE(write_text(folder + "broken", "?"));
  const Ran ran = run_program({"listen", "analyse", "--key", scratch_.path("out/key.json"),
                               folder + "0", folder + "1", folder + "broken", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.one_line()) << ran.err;
  EXPECT_EQ(ran.json()["passed"]["listeners"], 2);
  EXPECT_EQ(ran.json()["refused"].size(), 1u);
  const Ran nobody =
      run_program({"listen", "analyse", "--key", scratch_.path("out/key.json"), folder + "broken"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_EQ(run_program({"listen", "analyse", "--key", folder + "0", folder + "1"}).code, 1);
}

TEST_F(Listen, PlansAndRefuses) {
  const Ran ran = run_program({"listen", "power", "--effect", "0.5", "--clips", "1", "--icc", "0",
                               "--raters", "34", "--runs", "100", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.json()["raters_needed"], 34);
  EXPECT_EQ(run_program({"listen", "power", "--effect", "1", "--win-rate", "0.6"}).code, 2);
  EXPECT_EQ(run_program({"listen", "build", "--system", "x", "-o", "y"}).code, 2);
}

}  // namespace
}  // namespace sage::test
