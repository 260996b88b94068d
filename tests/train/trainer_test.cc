#include "train/trainer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "nn/weights.h"
#include "train/checkpoint.h"
#include "train/export.h"
#include "train/small_training.h"

namespace sage {
namespace {

using test::small_training;
using test::TemporaryFolder;

/// The losses of every step, in order.
std::vector<double> run(const TrainOptions& options, const std::atomic<bool>* stop = nullptr,
                        const std::function<void(std::int64_t)>& at_step = {}) {
  std::vector<double> losses;
  TrainHooks hooks;
  hooks.report_every = 1;
  hooks.stop = stop;
  hooks.progress = [&](const TrainProgress& p) {
    losses.push_back(p.loss);
    if (at_step) at_step(p.step);
  };
  const auto summary = train(options, hooks);
  EXPECT_TRUE(summary) << to_string(summary.error());
  return losses;
}

/// All bytes of a model's weights.
std::vector<std::uint8_t> weights_of(const std::filesystem::path& model) {
  const auto weights = Weights::load(model);
  EXPECT_TRUE(weights) << to_string(weights.error());
  std::vector<std::uint8_t> bytes;
  for (const auto& tensor : (*weights)->tensors())
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
  return bytes;
}

struct TrainedMember {
  std::string attention, output, scheme;
  friend void PrintTo(const TrainedMember& m, std::ostream* out) {
    *out << m.attention << ", " << m.output << ", " << m.scheme;
  }
};

/// Every attention with flat steps, and every other output with both compound schemes.
std::vector<TrainedMember> all_members() {
  std::vector<TrainedMember> members;
  for (const AttentionFamily* attention : attention_registry())
    members.push_back({std::string(attention->name()), "flat", "remi+"});
  for (const OutputFamily* output : output_registry())
    for (const char* scheme : {"mmt", "cp"})
      if (output->spec().compound)
        members.push_back({"as-kvhs", std::string(output->name()), scheme});
  return members;
}

class Overfitting : public testing::TestWithParam<TrainedMember> {};

// Known by heart, a piece has no two ways on: even heads that hear nothing of each other reach
// nothing. What they cannot reach is in FieldHeads below.
TEST_P(Overfitting, ReachesNothing) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 1, {.scheme = GetParam().scheme});
  TrainOptions options = small_training(folder, "run");
  options.model.attention = GetParam().attention;
  options.model.kv_heads =
      make_attention(GetParam().attention, options.model.heads, 0, kAttributeCount)->kv_heads;
  options.model.output = GetParam().output;
  options.steps = 250;
  options.batch = 1;  // all examples are the same
  options.windows = {
      .header_probability = 1, .first_bar_probability = 1, .lowest_shift = 0, .highest_shift = 0};
  const auto losses = run(options);
  // PAD, up to half of the fields, counts as a token and costs a compound output nothing.
  EXPECT_GT(losses.front(), GetParam().output == "flat" ? 5.0 : 3.0);
  EXPECT_LT(losses.back(), GetParam().output == "flat" ? 0.05 : 0.02);
}

INSTANTIATE_TEST_SUITE_P(Members, Overfitting, testing::ValuesIn(all_members()),
                         [](const auto& test) {
                           std::string name = test.param.attention + "_" + test.param.output + "_" +
                                              test.param.scheme;
                           std::erase_if(name, [](char c) { return c == '-' || c == '+'; });
                           return name;
                         });

TEST(TrainerTest, CompoundOutputsNeedACompoundScheme) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 1);
  TrainOptions options = small_training(folder, "run");
  options.steps = 1;
  options.model.output = "nested";
  const auto summary = train(options);
  ASSERT_FALSE(summary);
  EXPECT_NE(summary.error().message.find("scheme remi+ has none"), std::string::npos)
      << summary.error().message;
  options.model.output = "abacus";
  EXPECT_FALSE(train(options));
}

TEST(TrainerTest, AResumedRunRepeatsTheUnbrokenOneExactly) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  TrainOptions options = small_training(folder, "whole");
  options.dropout = 0.1;
  options.accumulate = 2;
  options.steps = 12;
  const auto whole = run(options);
  ASSERT_EQ(whole.size(), 12u);

  options.run = folder / "broken";
  std::atomic<bool> stop{false};
  const auto before = run(options, &stop, [&](std::int64_t step) { stop = step == 5; });
  ASSERT_EQ(before.size(), 5u);
  options.resume = true;
  const auto after = run(options);
  ASSERT_EQ(after.size(), 7u);
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_EQ(whole[i], i < 5 ? before[i] : after[i - 5]) << "step " << i + 1;
  EXPECT_EQ(weights_of(folder / "whole" / "model.safetensors"),
            weights_of(folder / "broken" / "model.safetensors"));
}

TEST(TrainerTest, ResumingAFinishedRunExportsItAgain) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "run");
  options.steps = 3;
  options.command = "first";
  run(options);
  const auto tensors = weights_of(options.run / "model.safetensors");
  std::filesystem::remove(options.run / "model.safetensors");

  options.resume = true;
  options.command = "second";
  options.licence = "CC-BY-4.0";
  const auto summary = train(options);
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_EQ(summary->steps, 3);
  EXPECT_FALSE(summary->stopped);
  EXPECT_GT(summary->validation.nats_per_token, 0.0);
  EXPECT_EQ(weights_of(summary->model), tensors);
  const auto weights = Weights::load(summary->model);
  ASSERT_TRUE(weights) << to_string(weights.error());
  const auto& metadata = (*weights)->metadata();
  EXPECT_EQ(metadata.at("sage.licence"), "CC-BY-4.0");
  const auto training = nlohmann::json::parse(metadata.at("sage.training"));
  EXPECT_EQ(training["command"], "second");
  EXPECT_EQ(training["steps"], 3);
  EXPECT_EQ(training["valid_nats_per_note"], summary->validation.nats_per_note);
}

TEST(TrainerTest, Bfloat16LearnsAsFloat32Does) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  TrainOptions options = small_training(folder, "f32");
  options.steps = 60;
  const auto exact = run(options);
  options.bf16 = true;
  options.run = folder / "bf16";
  const auto rounded = run(options);
  EXPECT_LT(exact.back(), 0.7 * exact.front());
  EXPECT_NEAR(rounded.back(), exact.back(), 0.1);
}

TEST(TrainerTest, EveryOptimiserLearnsAndResumesExactly) {
  for (const auto& [name, summary] : list_optimisers()) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    test::prepare_small(folder, 2);
    TrainOptions options = small_training(folder, "whole");
    options.optimiser = name;
    options.steps = 60;
    const auto whole = run(options);
    EXPECT_LT(whole.back(), 0.5 * whole.front());
    options.run = folder / "broken";
    std::atomic<bool> stop{false};
    run(options, &stop, [&](std::int64_t step) { stop = step == 30; });
    options.resume = true;
    const auto after = run(options);
    ASSERT_EQ(after.size(), 30u);
    EXPECT_EQ(after.back(), whole.back());
    EXPECT_EQ(weights_of(folder / "whole" / "model.safetensors"),
              weights_of(folder / "broken" / "model.safetensors"));
  }
}

// The held-out piece is another one than the only piece that is learned by heart: the validation
// gets worse before long.
TEST(TrainerTest, PatienceEndsARunAndKeepsTheBestModel) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 1);
  TrainOptions options = small_training(folder, "run");
  options.windows.lowest_shift = options.windows.highest_shift = 0;
  options.steps = 2000;
  options.validate_every = 10;
  options.patience = 3;
  TrainHooks hooks;
  std::vector<Validation> validations;
  hooks.validation = [&](const Validation& v) { validations.push_back(v); };
  const auto summary = train(options, hooks);
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_TRUE(summary->out_of_patience);
  EXPECT_LT(summary->steps, 2000);
  const auto best = std::min_element(
      validations.begin(), validations.end(),
      [](const auto& a, const auto& b) { return a.nats_per_note < b.nats_per_note; });
  EXPECT_EQ(validations.end() - best, 4);
  const auto weights = Weights::load(summary->model);
  ASSERT_TRUE(weights) << to_string(weights.error());
  const auto training = nlohmann::json::parse((*weights)->metadata().at("sage.training"));
  EXPECT_EQ(training["steps"], best->step);
  EXPECT_EQ(training["valid_nats_per_note"], best->nats_per_note);

  options.resume = true;  // still out of patience
  const auto again = train(options);
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ(again->steps, summary->steps);
}

TEST(TrainerTest, ATimeBudgetEndsDecayed) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "run");
  options.minutes = 1.0 / 60;
  options.schedule.warmup_steps = 1;
  options.schedule.decay_share = 0.5;
  TrainHooks hooks;
  hooks.report_every = 1;
  std::vector<double> rates;
  hooks.progress = [&](const TrainProgress& p) { rates.push_back(p.learning_rate); };
  const auto summary = train(options, hooks);
  ASSERT_TRUE(summary) << to_string(summary.error());
  ASSERT_GT(rates.size(), 4u);  // even on a very busy machine
  EXPECT_LT(rates.back(), 0.6 * options.schedule.peak);
  EXPECT_GT(summary->validation.nats_per_note, summary->validation.nats_per_token);
}

TEST(TrainerTest, KeepsTwoCheckpointsAndAModelThatTheEngineOpens) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "run");
  options.steps = 4;
  options.checkpoint_minutes = 0;
  options.command = "train --steps 4";
  run(options);
  std::size_t checkpoints = 0;
  for (const auto& entry : std::filesystem::directory_iterator(options.run))
    checkpoints += entry.path().filename().string().starts_with("checkpoint-");
  EXPECT_EQ(checkpoints, 2u);
  const auto newest = newest_checkpoint(options.run);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->filename(), "checkpoint-000000004.safetensors");

  for (const bool bf16 : {false, true}) {
    const auto model = folder / "exported.safetensors";
    const auto exported = export_model({.checkpoint = *newest, .output = model, .bf16 = bf16});
    ASSERT_TRUE(exported) << to_string(exported.error());
    const auto weights = Weights::load(model);
    ASSERT_TRUE(weights) << to_string(weights.error());
    EXPECT_EQ((*weights)->type(), bf16 ? DType::kBf16 : DType::kF32);
    const auto& metadata = (*weights)->metadata();
    EXPECT_EQ(metadata.at("sage.licence"), "CC0-1.0");
    EXPECT_TRUE(nlohmann::json::parse(metadata.at("sage.data")).contains("manifest_sha256"));
    const auto training = nlohmann::json::parse(metadata.at("sage.training"));
    EXPECT_EQ(training["steps"], 4);
    EXPECT_EQ(training["command"], "train --steps 4");
  }
}

TEST(TrainerTest, MetricsAreOneObjectALine) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "run");
  options.steps = 3;
  run(options);
  std::ifstream file(options.run / "metrics.jsonl");
  std::string line;
  int steps = 0, validations = 0;
  while (std::getline(file, line)) {
    const auto json = nlohmann::json::parse(line);
    steps += json.contains("loss");
    validations += json.contains("valid_nats_per_note");
  }
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(validations, 1);
}

TEST(TrainerTest, StartsWhereAModelFileIs) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  TrainOptions options = small_training(folder, "first");
  options.steps = 20;
  const auto first = train(options);
  ASSERT_TRUE(first) << to_string(first.error());

  options.init = first->model;
  options.run = folder / "second";
  options.steps = 2;
  std::vector<Validation> seen;
  TrainHooks hooks;
  hooks.validation = [&](const Validation& v) { seen.push_back(v); };
  const auto second = train(options, hooks);
  ASSERT_TRUE(second) << to_string(second.error());
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].step, 0);
  EXPECT_DOUBLE_EQ(seen[0].nats_per_token, first->validation.nats_per_token);
  EXPECT_LT(second->train_loss, first->train_loss + 0.5);
  const auto weights = Weights::load(second->model);
  ASSERT_TRUE(weights) << to_string(weights.error());
  EXPECT_EQ(nlohmann::json::parse((*weights)->metadata().at("sage.training"))["init"],
            Weights::load(first->model).value()->hash());
}

TEST(TrainerTest, AResumedRunKeepsItsOwnWeightsAndNotTheInitialOnes) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "first");
  options.steps = 3;
  run(options);
  options.init = options.run / "model.safetensors";
  options.run = folder / "second";
  run(options);
  const auto trained = weights_of(options.run / "model.safetensors");
  options.resume = true;
  run(options);
  EXPECT_EQ(weights_of(options.run / "model.safetensors"), trained);
}

TEST(TrainerTest, RefusesAnInitialModelThatDoesNotFit) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "first");
  options.steps = 1;
  run(options);
  const auto model = options.run / "model.safetensors";
  options.run = folder / "second";
  const auto says = [&](const std::string& words) {
    const auto refused = train(options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
    EXPECT_FALSE(std::filesystem::exists(options.run));  // nothing started
  };
  options.init = folder / "none.safetensors";
  says("none.safetensors");
  options.init = model;
  options.model.layers = 1;
  says("shape or attention");
  options.model.layers = 2;
  options.tokenizer = TokenizerConfig{.grid = 8};
  says("its tokenizer is");
  options.tokenizer.reset();
  std::filesystem::remove_all(folder / "data");
  test::prepare_small(folder, 2, {.grid = 8});
  says("prepare the data again");
}

// The pitches are random and the velocities all the same, so only a loss of velocities alone can
// vanish.
TEST(TrainerTest, CanLearnOneAttributeAlone) {
  TemporaryFolder folder;
  TokenizerConfig tokenizer;
  tokenizer.velocity = true;
  test::prepare_small(folder, 4, tokenizer);
  TrainOptions options = small_training(folder, "run");
  options.steps = 60;
  options.only = Attribute::kVelocity;
  const auto alone = train(options);
  ASSERT_TRUE(alone) << to_string(alone.error());
  EXPECT_LT(alone->validation.nats_per_note, 0.1);
  options.run = folder / "all";
  options.only.reset();
  const auto all = train(options);
  ASSERT_TRUE(all) << to_string(all.error());
  EXPECT_GT(all->validation.nats_per_note, 1);
}

TEST(TrainerTest, AnAttributeThatTheDataLackIsRefused) {
  TemporaryFolder folder;
  test::prepare_small(folder, 2);
  TrainOptions options = small_training(folder, "run");
  options.steps = 1;
  options.only = Attribute::kVelocity;
  const auto refused = train(options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("velocity"), std::string::npos);
}

TEST(TrainerTest, DamagedDataEndARunWithOneLineAndACheckpoint) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  const auto shard = folder / "data" / "train-00000.sage";
  auto bytes = read_file(shard).value();
  bytes[40] ^= 1;  // in the first block
  ASSERT_TRUE(write_file(shard, bytes));
  TrainOptions options = small_training(folder, "run");
  options.steps = 3;
  const auto summary = train(options);
  ASSERT_FALSE(summary);
  EXPECT_NE(summary.error().message.find("train-00000.sage: block 0 is damaged"),
            std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(options.run / "model.safetensors"));
  bytes[40] ^= 1;
  ASSERT_TRUE(write_file(shard, bytes));  // repaired, the run continues
  options.resume = true;
  const auto resumed = train(options);
  ASSERT_TRUE(resumed) << to_string(resumed.error());
  EXPECT_EQ(resumed->steps, 3);
}

TEST(TrainerTest, RefusesWhatCannotWork) {
  const TemporaryFolder folder;
  TrainOptions options = small_training(folder, "run");
  EXPECT_FALSE(train(options));  // no budget
  options.steps = 1;
  const auto no_data = train(options);
  ASSERT_FALSE(no_data);
  EXPECT_NE(no_data.error().message.find("manifest.json"), std::string::npos);
  test::prepare_small(folder, 1);
  options.resume = true;
  EXPECT_FALSE(train(options));  // nothing to resume from
  options.resume = false;
  options.model.heads = 5;
  EXPECT_FALSE(train(options));  // 32 is no multiple of 5
  options = small_training(folder, "run");
  options.steps = 1;
  options.validation_examples = 0;
  EXPECT_FALSE(train(options));
  options.validation_examples = 4;
  ASSERT_TRUE(train(options));
  const auto twice = train(options);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("holds a run already"), std::string::npos);
  options.resume = true;
  options.model.layers = 1;
  const auto other = train(options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kMismatch);
}

}  // namespace
}  // namespace sage
