#include "train/learner.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/random.h"
#include "ops/torch_ops.h"
#include "train/checkpoint.h"
#include "train/precision.h"

namespace sage {
namespace {

using torch::Tensor;

std::string moment_name(const Optimiser::Moment& moment) {
  return std::string(kMomentPrefix) + moment.name;
}

const OptimiserRule& rule_of(const TrainOptions& options) {
  const auto all = optimiser_registry();
  return **std::find_if(all.begin(), all.end(), [&](const OptimiserRule* rule) {
    return rule->name() == options.optimiser;
  });
}

/// One seed for each (seed, step, example), well apart. Batches thereby hold the same examples
/// however they are cut into passes and processes.
std::uint64_t mixed_seed(std::uint64_t seed, std::int64_t step, std::int64_t example) {
  const auto index = static_cast<std::uint64_t>(step) * (kMostPasses * kMostExamples);
  Random random(seed ^ Random(index + static_cast<std::uint64_t>(example)).next());
  return random.next();
}

/// The tensor of that name, if it is there and as large.
bool copy(std::span<const TensorView> tensors, std::string_view name, Tensor to) {
  torch::NoGradGuard no_gradient;
  const auto at = std::find_if(tensors.begin(), tensors.end(), [&](const TensorView& view) {
    return view.name == name && view.dtype == DType::kF32;
  });
  if (at == tensors.end() || static_cast<std::int64_t>(at->bytes.size()) != to.numel() * 4)
    return false;
  Tensor source = torch::empty(to.sizes(), torch::kFloat32);
  std::copy(at->bytes.begin(), at->bytes.end(), static_cast<std::uint8_t*>(source.data_ptr()));
  to.copy_(source);
  return true;
}

/// (V): which tokens the loss counts; undefined for all.
Tensor counted_tokens(const TrainOptions& options) {
  if (!options.only) return {};
  const auto& attributes = options.model.token_attributes;
  Tensor counted = torch::empty({static_cast<std::int64_t>(attributes.size())}, torch::kBool);
  std::transform(attributes.begin(), attributes.end(), counted.data_ptr<bool>(),
                 [&](std::uint8_t attribute) {
                   return attribute == static_cast<std::uint8_t>(*options.only);
                 });
  return counted.to(device_of(options.placement, options.device));
}

}  // namespace

Learner::Learner(const TrainOptions& options, ProcessGroup group)
    : options_(options),
      device_(device_of(options.placement, options.device)),
      group_(std::move(group)),
      model_(options.model, options.seed, device_),
      counted_(counted_tokens(options)),
      optimiser_(rule_of(options).make(
          model_,
          {.beta2 = options.beta2, .weight_decay = options.weight_decay, .group = &group_})) {}

std::int64_t Learner::tokens_per_update() const {
  return options_.batch * options_.accumulate * group_.size() * options_.model.context *
         options_.model.fields;
}

/// examples (B, (T + 1) * S), one after another.
Learner::Batch Learner::make_batch(std::span<const std::uint16_t> examples,
                                   std::span<const std::uint16_t> notes_written) const {
  const std::int64_t fields = options_.model.fields;
  const auto width = static_cast<std::int64_t>(example_size());
  const auto batch = static_cast<std::int64_t>(examples.size()) / width;
  const OutputSpec output = output_of(options_.model);
  std::vector<std::uint16_t> shifted;
  if (output.shifted) {
    shifted.resize(examples.size());
    const auto size = static_cast<std::size_t>(width);
    for (std::size_t at = 0; at < examples.size(); at += size)
      shift_fields(examples.subspan(at, size), static_cast<std::size_t>(fields),
                   std::span(shifted).subspan(at, size));
    examples = shifted;
  }
  Tensor ids = torch::empty({batch, width}, torch::kInt64);
  std::copy(examples.begin(), examples.end(), ids.data_ptr<std::int64_t>());
  Batch result;
  for (std::size_t i = 0; i < examples.size(); ++i)
    if (i % static_cast<std::size_t>(width) >= static_cast<std::size_t>(fields))
      result.notes += notes_written[examples[i]];
  result.inputs = ids.slice(1, 0, width - fields).contiguous().to(device_);
  result.next = ids.slice(1, fields).contiguous().to(device_);
  result.targets = result.next.reshape({-1});
  if (output.compound)
    result.targets = result.targets.masked_fill(result.targets == kPadId, ops::kIgnored);
  if (counted_.defined())
    result.targets = result.targets.masked_fill(
        counted_.index_select(0, result.targets).logical_not(), ops::kIgnored);
  return result;
}

Tensor Learner::loss_sum(const Batch& batch, double dropout) const {
  const auto type = multiplies_in_bf16(options_) ? torch::kBFloat16 : torch::kFloat32;
  return ops::cross_entropy_sum(model_.forward(batch.inputs, {type, dropout}, batch.next),
                                batch.targets);
}

/// Forward and backward for one pass: its nats.
Result<double> Learner::add_pass(const Dataset& data, std::int64_t step, std::int64_t pass) {
  const auto width = example_size();
  std::vector<std::uint16_t> examples(static_cast<std::size_t>(options_.batch) * width);
  const std::int64_t first = (pass * group_.size() + group_.rank()) * options_.batch;
  for (std::int64_t i = 0; i < options_.batch; ++i) {
    Random random(mixed_seed(options_.seed, step, first + i));
    const auto place = std::span(examples).subspan(static_cast<std::size_t>(i) * width, width);
    if (auto drawn = data.sample(random, place); !drawn)
      return tl::unexpected<Error>(drawn.error());
  }
  torch::manual_seed(mixed_seed(~options_.seed, step, first));
  const Tensor sum = loss_sum(make_batch(examples, data.notes_written()), options_.dropout);
  (sum / static_cast<double>(tokens_per_update())).backward();
  return sum.item<double>();
}

/// Sums over all processes, which fail together: who fails alone would leave the others waiting.
template <std::size_t n>
Result<std::array<double, n>> Learner::sum_of_all(const Result<std::array<double, n>>& own) const {
  Tensor sums = torch::zeros({n + 1}, torch::kFloat64);
  for (std::size_t i = 0; own && i < n; ++i) sums[static_cast<std::int64_t>(i)] = (*own)[i];
  if (!own) sums[n] = 1;
  sums = sums.to(device_);
  group_.sum(sums);
  sums = sums.cpu();
  if (!own) return tl::unexpected<Error>(own.error());
  if (sums[n].template item<double>() > 0)
    return fail(ErrorCode::kIo, "another process of this run could not read its data");
  std::array<double, n> all;
  std::copy_n(sums.template data_ptr<double>(), n, all.begin());
  return all;
}

Result<Learner::Update> Learner::update(const Dataset& data, std::int64_t step, double rate) {
  model_.gradients().zero_();
  Result<std::array<double, 1>> nats = {};
  for (std::int64_t pass = 0; nats && pass < options_.accumulate; ++pass) {
    const auto added = add_pass(data, step, pass);
    if (added)
      nats->front() += *added;
    else
      nats = tl::unexpected<Error>(added.error());
  }
  torch::NoGradGuard no_gradient;
  const auto total = sum_of_all(nats);
  if (!total) return tl::unexpected<Error>(total.error());
  group_.sum(model_.gradients());
  Update result;
  result.loss = total->front() / static_cast<double>(tokens_per_update());
  result.gradient_norm = model_.gradients().norm().item<double>();
  // A pass with a broken gradient is skipped rather than poisoning the weights and the moments.
  if (!std::isfinite(result.gradient_norm)) return result;
  if (options_.clip > 0 && result.gradient_norm > options_.clip)
    model_.gradients().mul_(options_.clip / result.gradient_norm);
  optimiser_->update(rate, step + 1);
  return result;
}

/// Nats, tokens and notes of the batches that fall to this process: they are taken in turn.
Result<std::array<double, 3>> Learner::evaluate_share(const Dataset& data) const {
  const auto width = example_size();
  std::array<double, 3> sums = {};
  for (std::int64_t first = options_.batch * group_.rank(); first < options_.validation_examples;
       first += options_.batch * group_.size()) {
    const std::int64_t count = std::min(options_.batch, options_.validation_examples - first);
    std::vector<std::uint16_t> examples(static_cast<std::size_t>(count) * width);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto place = std::span(examples).subspan(static_cast<std::size_t>(i) * width, width);
      if (auto drawn = data.fixed(static_cast<std::size_t>(first + i), place); !drawn)
        return tl::unexpected<Error>(drawn.error());
    }
    const Batch batch = make_batch(examples, data.notes_written());
    sums[0] += loss_sum(batch, 0).item<double>();
    sums[1] += static_cast<double>(count * options_.model.context * options_.model.fields);
    sums[2] += static_cast<double>(batch.notes);
  }
  return sums;
}

Result<Validation> Learner::evaluate(const Dataset& data) const {
  torch::NoGradGuard no_gradient;
  const auto total = sum_of_all(evaluate_share(data));
  if (!total) return tl::unexpected<Error>(total.error());
  const auto [nats, tokens, notes] = *total;
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
  for (const auto& moment : optimiser_->moments()) result.add(moment_name(moment), moment.value);
  return result;
}

bool Learner::load(std::span<const TensorView> tensors) {
  const auto& parameters = model_.parameters();
  return std::all_of(parameters.begin(), parameters.end(), [&](const auto& parameter) {
    return copy(tensors, parameter.spec.name, parameter.value);
  });
}

bool Learner::restore(std::span<const TensorView> tensors) {
  for (const auto& moment : optimiser_->moments())
    if (!copy(tensors, moment_name(moment), moment.value)) return false;
  return load(tensors);
}

void Learner::share() {
  torch::NoGradGuard no_gradient;
  group_.broadcast(model_.weights());
  for (const auto& moment : optimiser_->moments()) group_.broadcast(moment.value);
}

}  // namespace sage
