// What is made of answers. All of them are simulated.
#include "listen/analysis.h"

#include <gtest/gtest.h>

#include "simulated.h"

namespace sage {
namespace {

using test::simulated_result;

ListeningTest two_by_four() { return design_test({"worse", "better"}, {"a", "b", "c", "d"}, 0, 1); }

ResultFile file(const std::string& name, const nlohmann::ordered_json& json) {
  return {name, json.dump()};
}

TEST(Results, ChecksByTheirRules) {
  const ListeningTest test = two_by_four();
  const auto good = simulated_result(test, 1);
  const auto listener = read_result(good.dump(), test);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_TRUE(listener->failed.empty());
  EXPECT_EQ(listener->ratings.size(), 8u);
  EXPECT_EQ(listener->votes.size(), 4u);
  auto careless = good;
  careless["count"] = test.checks.tone_count + 1;
  careless["instruction"]["overall"] = 3;
  careless["pairs"].back()["choice"] = "a";
  for (const char* scale : kRatingScales) {
    careless["ratings"][test.checks.repeat.of][scale] = 5;
    careless["ratings"].back()[scale] = 3;
  }
  EXPECT_EQ(read_result(careless.dump(), test)->failed,
            (std::vector<std::string>{"tones", "instruction", "repeat", "splice"}));
}

TEST(Results, WhatIsWrongIsRefusedWithAReason) {
  const ListeningTest test = two_by_four();
  const auto good = simulated_result(test, 1);
  const auto why = [&](const nlohmann::ordered_json& json) {
    const auto read = read_result(json.dump(), test);
    return read ? "accepted" : read.error().message;
  };
  auto bad = good;
  bad["test"] = "another";
  EXPECT_EQ(why(bad), "a result of another test");
  bad = good;
  bad["ratings"].erase(0);
  EXPECT_NE(why(bad).find("incomplete"), std::string::npos);
  bad = good;
  bad["ratings"][0]["richness"] = 6;
  EXPECT_EQ(why(bad), "a rating of richness is not 1 to 5");
  bad = good;
  bad["ratings"].push_back(bad["ratings"][0]);
  EXPECT_EQ(why(bad), "rates a clip twice");
  bad = good;
  bad["ratings"][0]["clip"] = "nobody";
  EXPECT_EQ(why(bad), "rates a clip that the test does not have");
  bad = good;
  bad["pairs"][0]["choice"] = "c";
  EXPECT_EQ(why(bad), "a comparison without a choice");
  bad = good;
  bad["pairs"].push_back(bad["pairs"][0]);
  EXPECT_EQ(why(bad), "compares two clips twice");
  bad = good;
  bad.erase("count");
  EXPECT_EQ(why(bad), "an answer is missing or of the wrong type");
  EXPECT_EQ(read_result("{", test).error().message, "not JSON: the file is broken");
}

TEST(Results, OfTwoFilesOfOneParticipantTheFirstFinishedCounts) {
  const ListeningTest test = two_by_four();
  auto late = simulated_result(test, 1), early = late;
  late["finished"] = "2001-01-01T00:00:00.000Z";
  const Listeners listeners = read_results({file("late", late), file("early", early)}, test, 1);
  ASSERT_EQ(listeners.passed.size(), 1u);
  EXPECT_EQ(listeners.passed[0].finished, "2000-01-01T00:00:00.000Z");
  ASSERT_EQ(listeners.refused.size(), 1u);
  EXPECT_EQ(listeners.refused[0].name, "late");
}

TEST(Analysis, FindsWhatWasSimulated) {
  const ListeningTest test = two_by_four();
  std::vector<ResultFile> files;
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    files.push_back(file("f" + std::to_string(seed), simulated_result(test, seed)));
  auto careless = simulated_result(test, 13);
  careless["count"] = 1;
  careless["pairs"].back()["choice"] = "a";
  files.push_back(file("careless", careless));
  files.push_back({"broken", std::string("?")});
  const ListeningReport report = analyse(test, read_results(files, test, 1), 1, {.resamples = 500});
  EXPECT_EQ(report.passed.listeners, 12u);
  EXPECT_EQ(report.all.listeners, 13u);
  for (const Opinion& o : report.passed.opinions) {
    EXPECT_NEAR(o.score.mean, 2.0 + static_cast<double>(o.system), 0.4);
    EXPECT_LT(o.score.low, o.score.mean);
    EXPECT_GT(o.score.high, o.score.mean);
  }
  ASSERT_EQ(report.passed.wins.size(), 1u);
  const WinRate& w = report.passed.wins[0];  // of the worse one
  EXPECT_EQ(w.wins, 0u);
  EXPECT_EQ(w.votes, 48u);
  EXPECT_NEAR(w.p, std::pow(2.0, -11), 1e-12);
  EXPECT_NEAR(w.p_votes, std::pow(2.0, -47), 1e-20);
  for (const OpinionDifference& d : report.passed.differences) EXPECT_LT(d.p_holm, 0.05);
  for (const double alpha : report.passed.alphas) EXPECT_GT(alpha, 0.0);
  const std::string text = report_markdown(report);
  for (const char* part : {"broken: not JSON", "simulated-13: failed tones splice",
                           "better is preferred", "Everybody"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  const auto json = report_json(report);
  EXPECT_EQ(json["failed_checks"][0]["checks"].size(), 2u);
  EXPECT_EQ(json["passed"]["win_rates"][0]["votes"], 48);
}

}  // namespace
}  // namespace sage
