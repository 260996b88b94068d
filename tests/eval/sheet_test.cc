#include "eval/sheet.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sage {
namespace {

using Json = nlohmann::ordered_json;

Json mean(double value) { return {{"mean", value}, {"low", value - 1}, {"high", value + 1}}; }

/// A report of continuations in which piece i has the energy score values[i].
Json continuation(const std::vector<double>& values) {
  Json report = {{"title", "SAGE-Music benchmark: continuation"},
                 {"provenance", {{"references_hash", "music"}}}};
  report["systems"] = {{{"name", "model"}, {"energy_score", {{"score", mean(20)}}}}};
  report["calibrations"] = {{{"name", "reference"}, {"energy_score", {{"score", mean(0)}}}},
                            {{"name", "prompt again"}, {"energy_score", {{"score", mean(33)}}}},
                            {{"name", "random"}, {"energy_score", {{"score", mean(40)}}}}};
  for (std::size_t i = 0; i < values.size(); ++i)
    report["scores"]["model"]["piece " + std::to_string(i)] = {
        {"energy_score", {{"score", values[i]}}}};
  return report;
}

Sheet sheet_of(const std::vector<double>& values) {
  Sheet sheet;
  EXPECT_TRUE(add_report(continuation(values), sheet));
  return sheet;
}

std::vector<double> noisy(double mean, double spread, std::uint64_t seed, std::size_t count = 40) {
  Random random(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(mean + spread * (random.uniform() - 0.5));
  return values;
}

TEST(SheetTest, HasTheModelTheComposersAndTheBestThatOnlyCopies) {
  const Sheet sheet = sheet_of({19, 21});
  ASSERT_EQ(sheet.measures.size(), 1u);
  const SheetMeasure& energy = sheet.measures[0];
  EXPECT_EQ(energy.value.mean, 20);
  EXPECT_EQ(energy.composers->mean, 0);
  EXPECT_EQ(energy.fooled->mean, 33);
  EXPECT_EQ(energy.fooled_by, "prompt again");
  EXPECT_EQ(energy.pieces.at("piece 1"), 21);
  const std::string page = sheet_markdown(sheet, "Page");
  EXPECT_NE(page.find("20.0 (19.0 to 21.0)"), std::string::npos) << page;
  EXPECT_NE(sheet_html(sheet, "Page").find("prompt again"), std::string::npos);
}

TEST(SheetTest, RefusesWhatIsNoReport) {
  Sheet sheet;
  EXPECT_FALSE(add_report(Json::object(), sheet));
  EXPECT_FALSE(add_likelihood({{"pieces", 3}}, sheet));
}

TEST(VerdictTest, SaysWhichIsBetter) {
  const Sheet a = sheet_of(noisy(20, 1, 1)), b = sheet_of(noisy(19, 1, 2));
  const auto verdicts = compare(a, b, {}, 0.01);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].finding, Relation::kBetter);  // lower is better
  EXPECT_EQ(compare(b, a, {}, 0.01)[0].finding, Relation::kWorse);
  EXPECT_NE(in_words(verdicts[0], "small", "base").find("base is better than small"),
            std::string::npos);
}

TEST(VerdictTest, TellsSameFromNotDecided) {
  const Sheet a = sheet_of(noisy(20, 1, 1));
  EXPECT_EQ(compare(a, sheet_of(noisy(20, 1, 3)), {}, 0.05)[0].finding, Relation::kSame);
  const Sheet wide = sheet_of(noisy(20, 30, 4, 5)), other = sheet_of(noisy(20, 30, 5, 5));
  EXPECT_EQ(compare(wide, other, {}, 0.01)[0].finding, Relation::kOpen);
}

TEST(VerdictTest, PiecesOfOneWorkCountOnce) {
  const Sheet a = sheet_of(noisy(20, 1, 1)), b = sheet_of(noisy(19, 1, 2));
  WorkOf works;
  for (int i = 0; i < 30; ++i) works["piece " + std::to_string(i)] = "one work";
  EXPECT_EQ(compare(a, b, works, 0.05)[0].works, 11u);
}

}  // namespace
}  // namespace sage
