#include "study/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "nn/tensor_spec.h"

namespace sage {
namespace {

TEST(StudyPlan, ArmsHaveNamesOfTheirOwnAndQuestionsNameArms) {
  for (const char* study : {"attention", "bpe"}) {
    const auto plan = make_plan(study, {});
    ASSERT_TRUE(plan) << plan.error().message;
    std::set<std::string> names;
    for (const ArmSpec& arm : plan->arms) {
      EXPECT_TRUE(names.insert(arm.name).second) << arm.name;
      EXPECT_EQ(arm.name.find_first_not_of(
                    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."),
                std::string::npos);
      EXPECT_FALSE(arm.summary.empty());
      EXPECT_TRUE(arm.merged_from.empty() || plan->find(arm.merged_from) != nullptr);
      EXPECT_TRUE(arm.paced_by.empty() || plan->find(arm.paced_by) != nullptr);
    }
    for (const Question& question : plan->questions)
      for (const Contrast& contrast : question.contrasts) {
        double sum = 0;
        for (const auto& [arm, weight] : contrast.weights) {
          EXPECT_TRUE(names.contains(arm)) << arm;
          sum += weight;
        }
        EXPECT_NEAR(sum, 0, 1e-12) << contrast.name;  // a difference, whatever the level
      }
    for (const Sweep& sweep : plan->sweeps)
      for (const Sweep::Row& row : sweep.rows) {
        EXPECT_EQ(row.arms.size(), sweep.categories.size());
        for (const std::string& arm : row.arms) EXPECT_TRUE(names.contains(arm)) << arm;
      }
    EXPECT_TRUE(names.contains(plan->baseline));
    for (const std::string& arm : plan->speed_lines) EXPECT_TRUE(names.contains(arm)) << arm;
  }
  EXPECT_FALSE(make_plan("none", {}));
  StudyShape odd;
  odd.heads = 7;
  EXPECT_FALSE(make_plan("attention", odd));
}

TEST(StudyPlan, TheSecondViewHasEquallyManyParameters) {
  const auto plan = make_plan("bpe", {}).value();
  const int base = Tokenizer::create(StudyShape{}.tokenizer)->size();
  const auto parameters = [&](const std::string& name) {
    const ArmSpec& arm = *plan.find(name);
    ModelConfig model = arm.model;
    model.vocab_size = base + arm.merges;
    return static_cast<double>(parameter_count(model));
  };
  const double none = parameters("multi-track.none");
  for (const char* word : {"500", "1k", "2k", "5k", "10k", "20k"}) {
    EXPECT_NEAR(parameters(std::string("multi-track.") + word + "-total") / none, 1, 0.03) << word;
    EXPECT_GT(parameters(std::string("multi-track.") + word), none) << word;
  }
}

TEST(StudyPlan, KeysTellArmsApart) {
  const auto plan = make_plan("attention", {}).value();
  const StudySettings settings;
  const MusicHashes music{"x", "y"};
  std::set<std::string> keys;
  for (const ArmSpec& arm : plan.arms)
    for (const std::uint64_t seed : {1U, 2U}) keys.insert(arm_key(arm, seed, settings, music));
  EXPECT_EQ(keys.size(), 2 * plan.arms.size());
  StudySettings more = settings;
  more.notes *= 2;
  EXPECT_NE(arm_key(plan.arms[0], 1, more, music), arm_key(plan.arms[0], 1, settings, music));
  EXPECT_NE(arm_key(plan.arms[0], 1, settings, {"z", "y"}),
            arm_key(plan.arms[0], 1, settings, music));
}

TEST(StudyPlan, APacedArmIsAnotherOne) {
  const auto plan = make_plan("bpe", {}).value();
  const ArmSpec& paced = *plan.find("multi-track.2k-tokens");
  EXPECT_EQ(paced.paced_by, "multi-track.none");
  ArmSpec by_notes = paced;
  by_notes.paced_by.clear();
  EXPECT_NE(arm_key(paced, 1, {}, {}), arm_key(by_notes, 1, {}, {}));
  // What is done stays done: the rest of its key is that of the arm with the same tokens.
  EXPECT_EQ(arm_key(by_notes, 1, {}, {}), arm_key(*plan.find("multi-track.2k"), 1, {}, {}));
}

TEST(StudyPlan, SettingsAndShapeSurviveJson) {
  StudySettings settings;
  settings.notes = 123;
  settings.scope = {2, 8};
  EXPECT_EQ(study_settings_from_json(nlohmann::json::parse(to_json(settings).dump())).value(),
            settings);
  StudyShape shape;
  shape.heads = 4;
  shape.tokenizer.layout = Layout::kFull;
  EXPECT_EQ(study_shape_from_json(nlohmann::json::parse(to_json(shape).dump())).value(), shape);
  EXPECT_FALSE(study_settings_from_json(nlohmann::json::parse("{}")));
  EXPECT_FALSE(study_shape_from_json(nlohmann::json::parse("[]")));
}

}  // namespace
}  // namespace sage
