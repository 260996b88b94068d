#include "train/run_curves.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "train/small_training.h"

namespace sage {
namespace {

using test::TemporaryFolder;

std::string training_line(int step, double loss) {
  return R"({"step":)" + std::to_string(step) + R"(,"tokens":)" + std::to_string(1000 * step) +
         R"(,"loss":)" + std::to_string(loss) + R"(,"seconds":)" + std::to_string(6 * step) + "}\n";
}
std::string validation_line(int step, double nats) {
  return R"({"step":)" + std::to_string(step) + R"(,"valid_nats_per_token":)" +
         std::to_string(nats) + R"(,"valid_nats_per_note":)" + std::to_string(3 * nats) +
         R"(,"seconds":)" + std::to_string(6 * step) + "}\n";
}

Result<RunCurves> read(const TemporaryFolder& folder, const std::string& metrics) {
  EXPECT_TRUE(write_text(folder / "run" / "metrics.jsonl", metrics));
  return read_curves(folder / "run/");
}

TEST(RunCurvesTest, AreTheMetricsInOrder) {
  const TemporaryFolder folder;
  const auto curves =
      read(folder, training_line(20, 4) + training_line(40, 3) + validation_line(40, 2.5));
  ASSERT_TRUE(curves) << to_string(curves.error());
  EXPECT_EQ(curves->name, "run");
  ASSERT_EQ(curves->training.size(), 2u);
  EXPECT_EQ(curves->training[1].step, 40);
  EXPECT_DOUBLE_EQ(curves->training[1].nats, 3);
  EXPECT_DOUBLE_EQ(curves->training[1].minutes, 4);
  ASSERT_EQ(curves->validation.size(), 1u);
  EXPECT_DOUBLE_EQ(curves->validation[0].tokens, 40'000);
  EXPECT_DOUBLE_EQ(curves->nats_per_note[0], 7.5);
}

// After a crash the steps since the last checkpoint are trained, and written, again.
TEST(RunCurvesTest, TheLastOfEqualStepsCounts) {
  const TemporaryFolder folder;
  const auto curves =
      read(folder, training_line(20, 4) + training_line(40, 3) + validation_line(40, 2.5) +
                       training_line(60, 2) + training_line(40, 3.5) + validation_line(40, 2.75));
  ASSERT_TRUE(curves) << to_string(curves.error());
  ASSERT_EQ(curves->training.size(), 2u);
  EXPECT_DOUBLE_EQ(curves->training[1].nats, 3.5);
  ASSERT_EQ(curves->validation.size(), 1u);
  EXPECT_DOUBLE_EQ(curves->validation[0].nats, 2.75);
  EXPECT_EQ(curves->nats_per_note.size(), 1u);
}

TEST(RunCurvesTest, ALineCutShortIsLeftOutAndADamagedOneIsNot) {
  const TemporaryFolder folder;
  const auto cut = read(folder, training_line(20, 4) + R"({"step":40,"lo)");
  ASSERT_TRUE(cut) << to_string(cut.error());
  EXPECT_EQ(cut->training.size(), 1u);
  const auto damaged = read(folder, training_line(20, 4) + "nonsense\n" + training_line(40, 3));
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().message.find("line 2"), std::string::npos);
  EXPECT_FALSE(read(folder, R"({"step":"20","loss":4,"seconds":1})"));
  EXPECT_FALSE(read(folder, ""));
  EXPECT_FALSE(read_curves(folder / "nowhere"));
}

TEST(RunCurvesTest, AreDrawnWithTheNamesOfTheirRuns) {
  const TemporaryFolder folder;
  std::string metrics;
  for (int step = 20; step <= 20'000; step += 20) metrics += training_line(step, 4.0 + 1e-5 * step);
  const auto many = read(folder, metrics + validation_line(20'000, 4));
  ASSERT_TRUE(many);
  for (const CurveAxis axis : {CurveAxis::kSteps, CurveAxis::kTokens, CurveAxis::kMinutes}) {
    const std::string svg = curves_svg({&*many, 1}, axis);
    EXPECT_NE(svg.find("run, training"), std::string::npos);
    EXPECT_NE(svg.find("run, validation"), std::string::npos);
    EXPECT_LT(svg.size(), 30'000u);  // lines of many points are thinned
  }
}

}  // namespace
}  // namespace sage
