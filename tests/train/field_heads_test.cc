// What the outputs can learn of fields that depend on one another, beside their floors.
#include <gtest/gtest.h>

#include <cmath>

#include "nn/models.h"
#include "ops/torch_ops.h"
#include "train/optimiser.h"
#include "train/torch_model.h"

namespace sage {
namespace {

constexpr int kValues = 8;
constexpr std::int64_t kBatch = 32, kSteps = 8;

/// Steps of three fields that repeat one random value in three ways: entropy ln 8 a step. A field's
/// ids are its own; 0 is PAD.
torch::Tensor one_value_in_three_fields(bool shifted) {
  const torch::Tensor value = torch::randint(kValues, {kBatch, kSteps + 1, 1}, torch::kInt64);
  const torch::Tensor offset = torch::arange(3, torch::kInt64) * kValues + 1;
  torch::Tensor steps = (value + offset).contiguous();
  if (!shifted) return steps;
  torch::Tensor rows = torch::empty_like(steps);
  const auto size = static_cast<std::size_t>((kSteps + 1) * 3);
  for (std::size_t at = 0; at < kBatch * size; at += size)
    shift_fields<std::int64_t>({steps.data_ptr<std::int64_t>() + at, size}, 3,
                               {rows.data_ptr<std::int64_t>() + at, size});
  return rows;
}

/// Nats a step after training on such steps, over the fields of whole steps.
double trained_nats(const OutputFamily& output) {
  ModelConfig config = test::small_output_config(output, "mqa");
  config.layers = 1;
  TorchModel model(config, 1);
  const auto optimiser = optimiser_registry().front()->make(model, {});
  torch::manual_seed(1);
  double mean = 0;
  constexpr int kUpdates = 300, kMeasured = 50;
  for (int update = 0; update < kUpdates; ++update) {
    const torch::Tensor ids = one_value_in_three_fields(output.spec().shifted);
    const torch::Tensor next = ids.slice(1, 1).reshape({kBatch, -1});
    const torch::Tensor targets =
        next.reshape({-1}).masked_fill(next.reshape({-1}) == kPadId, ops::kIgnored);
    const torch::Tensor inputs = ids.slice(1, 0, kSteps).reshape({kBatch, -1});
    const double scored = (targets != ops::kIgnored).sum().item<double>();
    model.gradients().zero_();
    const torch::Tensor loss = ops::cross_entropy_sum(model.forward(inputs, {}, next), targets);
    (loss / scored).backward();
    if (update >= kUpdates - kMeasured) mean += 3 * loss.item<double>() / scored / kMeasured;
    torch::NoGradGuard no_gradient;
    optimiser->update(3e-3, update + 1);
  }
  return mean;
}

// A product of independent distributions is at its best where each is the marginal: three times
// ln 8, of which two thirds are the price of parallel heads.
TEST(FieldHeads, ReachTheEntropyWhereAHeadHearsTheOthersAndTheSumOfEntropiesElsewhere) {
  const double entropy = std::log(static_cast<double>(kValues));
  for (const OutputFamily* output : output_registry()) {
    const OutputSpec spec = output->spec();
    if (!spec.compound) continue;
    const double nats = trained_nats(*output);
    // In the first rows of a shifted window not all fields have started, and the first field has
    // more than a third of the targets: (8 + 7 + 6 targets) for 8 values.
    const double floor = spec.shifted ? entropy * 3 * 8 / 21 : spec.chained ? entropy : 3 * entropy;
    EXPECT_NEAR(nats, floor, 0.1 * entropy) << output->name();
  }
}

}  // namespace
}  // namespace sage
