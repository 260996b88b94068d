#include "train/learner.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/random.h"
#include "train/checkpoint.h"
#include "train/torch_ops.h"

namespace sage {
namespace {

using torch::Tensor;

const std::string kFirstMoment = std::string(kMomentPrefix) + "first";
const std::string kSecondMoment = std::string(kMomentPrefix) + "second";

/// One seed for each (seed, step, pass), well apart.
std::uint64_t mixed_seed(std::uint64_t seed, std::int64_t step, std::int64_t pass) {
  const auto index = static_cast<std::uint64_t>(step) * kMostPasses;
  Random random(seed ^ Random(index + static_cast<std::uint64_t>(pass)).next());
  return random.next();
}

}  // namespace

Learner::Learner(const TrainOptions& options)
    : options_(options),
      device_(options.device == TrainDevice::kCuda ? torch::kCUDA : torch::kCPU),
      model_(options.model, options.seed, device_),
      weights_(model_.weights()),
      optimiser_({.beta2 = options.beta2, .weight_decay = options.weight_decay}, weights_.numel(),
                 model_.matrix_elements(), device_) {}

/// examples (B, T + 1), one after another.
Learner::Batch Learner::make_batch(std::span<const std::uint16_t> examples,
                                   std::span<const std::uint16_t> notes_written) const {
  const std::int64_t width = options_.model.context + 1;
  const auto batch = static_cast<std::int64_t>(examples.size()) / width;
  Tensor ids = torch::empty({batch, width}, torch::kInt64);
  std::copy(examples.begin(), examples.end(), ids.data_ptr<std::int64_t>());
  Batch result;
  for (std::size_t i = 0; i < examples.size(); ++i)
    if (i % static_cast<std::size_t>(width) != 0) result.notes += notes_written[examples[i]];
  result.inputs = ids.slice(1, 0, width - 1).contiguous().to(device_);
  result.targets = ids.slice(1, 1).reshape({-1}).to(device_);
  return result;
}

Tensor Learner::loss_sum(const Batch& batch, double dropout) const {
  const auto type = options_.bf16 ? torch::kBFloat16 : torch::kFloat32;
  return ops::cross_entropy_sum(model_.forward(batch.inputs, {type, dropout}), batch.targets);
}

Learner::Update Learner::update(const Dataset& data, std::int64_t step, double rate) {
  model_.gradients().zero_();
  const auto width = static_cast<std::size_t>(options_.model.context + 1);
  const double count =
      static_cast<double>(options_.batch * options_.accumulate * options_.model.context);
  std::vector<std::uint16_t> examples(static_cast<std::size_t>(options_.batch) * width);
  Update result;
  for (std::int64_t pass = 0; pass < options_.accumulate; ++pass) {
    const std::uint64_t seed = mixed_seed(options_.seed, step, pass);
    Random random(seed);
    for (std::size_t at = 0; at < examples.size(); at += width)
      data.sample(random, std::span(examples).subspan(at, width));
    torch::manual_seed(seed);
    const Tensor sum = loss_sum(make_batch(examples, data.notes_written()), options_.dropout);
    (sum / count).backward();
    result.loss += sum.item<double>() / count;
  }
  torch::NoGradGuard no_gradient;
  result.gradient_norm = model_.gradients().norm().item<double>();
  // A pass with a broken gradient is left out rather than poisoning the weights and the moments.
  if (!std::isfinite(result.gradient_norm)) return result;
  if (options_.clip > 0 && result.gradient_norm > options_.clip)
    model_.gradients().mul_(options_.clip / result.gradient_norm);
  optimiser_.update(weights_, model_.gradients(), rate, step + 1);
  return result;
}

Validation Learner::evaluate(const Dataset& data) const {
  torch::NoGradGuard no_gradient;
  const auto width = static_cast<std::size_t>(options_.model.context + 1);
  double nats = 0, tokens = 0, notes = 0;
  for (std::int64_t first = 0; first < options_.validation_examples; first += options_.batch) {
    const std::int64_t count = std::min(options_.batch, options_.validation_examples - first);
    std::vector<std::uint16_t> examples(static_cast<std::size_t>(count) * width);
    for (std::int64_t i = 0; i < count; ++i)
      data.fixed(static_cast<std::size_t>(first + i),
                 std::span(examples).subspan(static_cast<std::size_t>(i) * width, width));
    const Batch batch = make_batch(examples, data.notes_written());
    nats += loss_sum(batch, 0).item<double>();
    tokens += static_cast<double>(count * options_.model.context);
    notes += static_cast<double>(batch.notes);
  }
  Validation result;
  result.nats_per_token = nats / tokens;
  result.nats_per_note = nats / std::max(1.0, notes);
  return result;
}

void Learner::Snapshot::add(std::string name, const Tensor& tensor) {
  const Tensor copy = tensor.detach().cpu().contiguous();
  views_.push_back({std::move(name),
                    DType::kF32,
                    copy.sizes().vec(),
                    {static_cast<const std::uint8_t*>(copy.data_ptr()),
                     static_cast<std::size_t>(copy.numel()) * 4}});
  held_.push_back(copy);
}

Learner::Snapshot Learner::snapshot() const {
  Snapshot result;
  for (const auto& parameter : model_.parameters())
    result.add(parameter.spec.name, parameter.value);
  result.add(kFirstMoment, optimiser_.first);
  result.add(kSecondMoment, optimiser_.second);
  return result;
}

bool Learner::restore(std::span<const TensorView> tensors) {
  torch::NoGradGuard no_gradient;
  const auto one = [&](std::string_view name, Tensor to) {
    const auto at = std::find_if(tensors.begin(), tensors.end(), [&](const TensorView& view) {
      return view.name == name && view.dtype == DType::kF32;
    });
    if (at == tensors.end() || static_cast<std::int64_t>(at->bytes.size()) != to.numel() * 4)
      return false;
    Tensor source = torch::empty(to.sizes(), torch::kFloat32);
    std::copy(at->bytes.begin(), at->bytes.end(), static_cast<std::uint8_t*>(source.data_ptr()));
    to.copy_(source);
    return true;
  };
  if (!one(kFirstMoment, optimiser_.first) || !one(kSecondMoment, optimiser_.second)) return false;
  const auto& parameters = model_.parameters();
  return std::all_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
    return one(parameter.spec.name, parameter.value);
  });
}

}  // namespace sage
