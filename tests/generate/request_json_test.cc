// Requests as JSON: what they set, and what is refused in one line.
#include "generate/request_json.h"

#include <gtest/gtest.h>

#include "generate/bundled_model.h"
#include "generate/limits.h"
#include "small_engine.h"

namespace sage {
namespace {

class RequestJson : public testing::Test {
 protected:
  std::shared_ptr<const Engine> engine_ = test::small_engine();
  Result<Request> read(const char* text, bool continues = false) {
    return request_from_json(text, *engine_, continues);
  }
};

TEST_F(RequestJson, HasTheDefaultsOfTheProgram) {
  const auto request = read("").value();
  EXPECT_EQ(request.bars, 16);
  EXPECT_EQ(request.sampler.top_p, kUsualTopP);
  EXPECT_EQ(request.endings, usual_endings(*engine_, request, false));
  EXPECT_EQ(read("{}", /*continues=*/true)->endings, 0);
  EXPECT_EQ(read(R"({"endings": 3})", /*continues=*/true)->endings, 3);
}

TEST_F(RequestJson, ReadsEveryKey) {
  const auto request = read(R"({"bars": 8, "prompt_bars": 2, "max_notes": 9, "max_seconds": 2.5,
      "instruments": ["piano", 32, "drums"], "tempo": 90, "meter": "3/4", "seed": 18446744073709551615,
      "meter_changes": true, "tempo_changes": true, "presence": 0, "temperature": 0.9, "top_k": 5,
      "top_p": 0.5, "min_p": 0.1, "repeat_penalty": 1, "repeat_allowed": 8, "endings": null})")
                           .value();
  EXPECT_EQ(request.bars, 8);
  EXPECT_EQ(request.programs, (std::vector<int>{0, 32, 128}));
  EXPECT_EQ(request.bpm, 90);
  EXPECT_EQ(request.meter, (Meter{3, 4}));
  EXPECT_EQ(request.seed, 18446744073709551615U);
  EXPECT_TRUE(request.allow_meter_changes && request.allow_tempo_changes);
  EXPECT_EQ(request.sampler.top_k, 5);
  EXPECT_EQ(request.sampler.repeat_allowed, 8);
  EXPECT_EQ(request.endings, 0);  // there is a limit
  EXPECT_EQ(read(R"({"wishes": {"key": "Eb major"}})")->wishes.key, "Eb major");
}

TEST_F(RequestJson, RefusesInOneLine) {
  for (const auto& [text, words] : std::vector<std::pair<const char*, const char*>>{
           {"{", "not valid JSON"},
           {"[]", "must be a JSON object"},
           {R"({"bar": 1})", "no key 'bar'; it knows bars, "},
           {R"({"bars": "8"})", "'bars': must be a whole number"},
           {R"({"bars": 1e99})", "'bars'"},
           {R"({"bars": 4294967297})", "'bars'"},
           {R"({"seed": -1})", "'seed'"},
           {R"({"tempo": "fast"})", "'tempo': must be a number"},
           {R"({"meter": "4"})", "like 3/4"},
           {R"({"meter_changes": 1})", "true or false"},
           {R"({"instruments": "piano"})", "a list"},
           {R"({"instruments": [129]})", "129"},
           {R"({"instruments": ["nose flute"]})", "nose flute"}}) {
    const auto refused = read(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  }
}

TEST(InfillRequestJson, ReadsBarsAsPeopleWriteThem) {
  const auto request =
      infill_request_from_json(R"({"bars": "5-8", "instruments": [0], "takes": 2})").value();
  EXPECT_EQ(request.first_bar, 4);
  EXPECT_EQ(request.bars, 4);
  EXPECT_EQ(request.takes, 2);
  EXPECT_EQ(bars_from_text("3"), (std::pair{2, 1}));
  EXPECT_EQ(bars_from_text("3-"), (std::pair{2, 0}));
  for (const char* wrong : {"", "0", "-1", "5-4", "a", "3-4x", "99999999999"})
    EXPECT_FALSE(bars_from_text(wrong)) << wrong;
}

TEST(BundledModel, IsInAFolderAboveAFile) {
  const auto here = std::filesystem::current_path();
  EXPECT_EQ(bundled_model(here / "build/dev/bin/sage-music"), here / kBundledModel);
  EXPECT_FALSE(bundled_model("/nowhere/at/all"));
  EXPECT_FALSE(bundled_model(here / "build/dev/bin/sage-music", 2));
}

}  // namespace
}  // namespace sage
