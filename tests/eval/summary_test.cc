#include "eval/summary.h"

#include <gtest/gtest.h>

#include <cmath>

#include "folders.h"
#include "metrics/metric.h"

namespace sage {
namespace {

using test::system_at;

class Summaries : public testing::Test {
 protected:
  void SetUp() override {
    test::write_songs(root_ / "references", 8);
    test::write_songs(root_ / "same", 8);
    test::write_songs(root_ / "copy", 8);
    test::write_songs(root_ / "worse", 8, [](Score& score, int) {
      for (Note& note : score.tracks[0].notes) note.pitch = 60;
    });
    ScoringTask task;
    task.references = list_folder(root_ / "references")->pieces;
    for (const char* name : {"worse", "same", "copy"})
      task.systems.push_back(system_at(root_ / name, name));
    scores_ = score_systems(task, test::go_on).value();
    summary_ = summarise(scores_, {.resamples = 500});
  }

  test::TemporaryFolder root_;
  Scores scores_;
  Summary summary_;
};

TEST_F(Summaries, TheReferenceAgainstItselfIsPerfect) {
  for (const MeanInterval& m : summary_.reference.measures) EXPECT_EQ(m.low, m.high);
  EXPECT_EQ(summary_.reference.measures[0].mean, 100.0);
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    const MetricSummary& metric = summary_.reference.metrics[k];
    if (metric.values == 0 || all_metrics()[k].reading == Reading::kRate) continue;
    EXPECT_EQ(metric.to_reference.overlapping_area, 1.0);
    EXPECT_EQ(metric.to_reference.kl, 0.0);
  }
  EXPECT_EQ(summary_.reference.note_length_divergence.kl, 0.0);
  EXPECT_EQ(summary_.reference.inter_onset_divergence.overlapping_area, 1.0);
}

TEST_F(Summaries, OfFaultsAreRates) {
  std::size_t rates = 0;
  for (std::size_t k = 0; k < all_metrics().size(); ++k) {
    if (all_metrics()[k].reading != Reading::kRate) continue;
    ++rates;
    for (const SystemSummary& system : summary_.systems) {
      const MetricSummary& rate = system.metrics[k];
      if (rate.values == 0) continue;
      const double expected =
          system.name == "worse" && all_metrics()[k].name == "one_note_part" ? 1.0 : 0.0;
      if (all_metrics()[k].name == "out_of_range") continue;  // whatever chance gave the bass
      EXPECT_EQ(rate.mean.mean, expected) << all_metrics()[k].name;
      EXPECT_GT(rate.mean.high - rate.mean.low, 0.1);  // eight pieces are few
    }
  }
  EXPECT_EQ(rates, 8u);
}

TEST_F(Summaries, TheBestSystemComesFirst) {
  ASSERT_EQ(summary_.systems.size(), 3u);
  EXPECT_EQ(summary_.systems[0].name, "same");
  EXPECT_EQ(summary_.systems[2].name, "worse");
  EXPECT_LT(summary_.systems[2].measures[0].high, 100.0);
  EXPECT_EQ(summary_.systems[2].pieces, 8u);
}

TEST_F(Summaries, TestsSayWhatTheyShow) {
  ASSERT_EQ(summary_.tests.size(), 3 * kMeasureCount);
  for (const PairedTest& test : summary_.tests) {
    EXPECT_GE(test.p_holm, test.p);
    const bool alike = test.a != "worse" && test.b != "worse";
    if (alike) {
      EXPECT_EQ(test.p, 1.0);
      EXPECT_EQ(test.difference.mean, 0.0);
      EXPECT_FALSE(test.shown());
    } else if (test.measure == 0) {
      EXPECT_DOUBLE_EQ(test.p, 2.0 / 256);  // eight differences, all of one sign
      EXPECT_GT(test.difference.mean, 0.0);
    }
  }
}

}  // namespace
}  // namespace sage
