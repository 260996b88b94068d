#include "eval/report.h"

#include <gtest/gtest.h>

#include "eval/text.h"
#include "folders.h"

namespace sage {
namespace {

class Reports : public testing::Test {
 protected:
  void SetUp() override {
    test::write_songs(root_ / "references", 4);
    test::write_songs(root_ / "a", 3);
    ASSERT_TRUE(write_text(root_ / "a/c.mid", "nonsense"));
    ScoringTask task;
    task.references = list_folder(root_ / "references")->pieces;
    task.systems = {test::system_at(root_ / "a", "a <b> | system"),
                    test::system_at(root_ / "references", "copy")};
    report_.scores = score_systems(task, test::go_on).value();
    report_.summary = summarise(report_.scores, {.resamples = 200, .seed = 9});
    report_.title = "Test & report";
    report_.provenance = {"sage-music eval score", "0.1", "a machine", "a system", "scalar"};
    report_.pictures = {{"drawing", "<svg xmlns=\"http://www.w3.org/2000/svg\"><a id='#'/></svg>"}};
    Latency latency;
    latency.system = "copy";
    latency.first_note_ms = latency.note_ms = {1, 2, 3, 4};
    latency.model_hash = "abc123";
    report_.latencies = {latency};
  }
  test::TemporaryFolder root_;
  Report report_;
};

TEST_F(Reports, JsonSaysEverything) {
  const auto json = nlohmann::json::parse(report_json(report_).dump());
  EXPECT_EQ(json["pieces"], 4);
  EXPECT_EQ(json["systems"].size(), 2u);
  EXPECT_EQ(json["systems"][0]["name"], "copy");
  EXPECT_EQ(json["systems"][0]["nmsi"]["mean"], 100.0);
  EXPECT_EQ(json["systems"][1]["missing"], 1);
  EXPECT_EQ(json["systems"][1]["unreadable"], 1);
  EXPECT_EQ(json["calibrations"][0]["nmsi"]["low"], 100.0);
  EXPECT_EQ(json["provenance"]["references_hash"].get<std::string>().size(), 64u);
  EXPECT_EQ(json["provenance"]["seed"], 9);
  EXPECT_EQ(json["scores"]["a <b> | system"]["d"]["status"], "missing");
  EXPECT_EQ(json["scores"]["a <b> | system"]["d"]["nmsi"], 0.0);
  EXPECT_EQ(json["latency"][0]["ms_a_note"]["p99"], 3.0);
  EXPECT_EQ(json["tests"].size(), kMeasureCount);
}

TEST_F(Reports, MarkdownNamesWhatWasLeftOut) {
  const std::string text = report_markdown(report_);
  EXPECT_NE(text.find("c: "), std::string::npos);
  EXPECT_NE(text.find("d: there is no output of this name"), std::string::npos);
  EXPECT_NE(text.find("no difference shown"), std::string::npos);
  EXPECT_NE(text.find("a <b> \\| system"), std::string::npos);
  EXPECT_NE(text.find("What counts as a failure"), std::string::npos);
  const std::string brief = report_brief(report_);  // for a terminal
  EXPECT_NE(brief.find("d: there is no output of this name"), std::string::npos);
  EXPECT_NE(brief.find("Failure rates"), std::string::npos);
  EXPECT_LT(brief.size(), text.size());
  for (int i = 0; i < 30; ++i) report_.scores.skipped_references.push_back({"x", "why"});
  EXPECT_NE(report_brief(report_).find("and 20 more"), std::string::npos);
}

TEST_F(Reports, HtmlStandsAloneAndIsEscaped) {
  const std::string html = report_html(report_);
  EXPECT_EQ(html.find("<b> | system"), std::string::npos);
  EXPECT_NE(html.find("a &lt;b&gt; | system"), std::string::npos);
  EXPECT_EQ(html.find("src=\"http"), std::string::npos);
  EXPECT_EQ(html.find("href="), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("data:image/svg+xml"), std::string::npos);
  EXPECT_NE(html.find("Pitch class entropy"), std::string::npos);
}

TEST_F(Reports, AreWrittenTogether) {
  ASSERT_TRUE(write_report(report_, (root_ / "r/report").string()));
  for (const char* name : {"r/report.json", "r/report.md", "r/report.html"})
    EXPECT_TRUE(std::filesystem::exists(root_ / name));
}

TEST(Text, ByHand) {
  EXPECT_EQ(fixed_text(-0.0001, 2), "0.00");
  EXPECT_EQ(fixed_text(1.0 / 0.0, 2), "-");
  EXPECT_EQ(interval_text({1.25, 1, 2}, 1), "1.2 (1.0 to 2.0)");
  EXPECT_EQ(p_text(0.0001), "< 0.001");
  EXPECT_EQ(count_text(1234567), "1,234,567");
}

}  // namespace
}  // namespace sage
