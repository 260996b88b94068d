// A model in training: one update, the loss on held-out music, its tensors for a checkpoint.
//
// Every process of a group holds the same model. A pass of one process is a part of the update like
// any other: W processes of `accumulate` passes each do what one would do in W * accumulate.
// Knows neither files nor the schedule. Internal to train.
#pragma once

#include "ops/torch_compat.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "nn/safetensors.h"
#include "train/dataset.h"
#include "train/optimiser.h"
#include "train/process_group.h"
#include "train/torch_model.h"
#include "train/train_options.h"
#include "train/train_report.h"

namespace sage {

class Learner {
 public:
  /// Preconditions: validate(options.model) accepts, and the registry has the optimiser.
  Learner(const TrainOptions& options, ProcessGroup group);

  struct Update {
    double loss = 0;           // nats a token, mean over the batch
    double gradient_norm = 0;  // before clipping
  };
  /// One update with examples and dropout masks that are a function of (seed, step); `step` counts
  /// the updates made before. Fails where the data cannot be read.
  Result<Update> update(const Dataset& data, std::int64_t step, double rate);

  /// The loss on the first examples of `data` in its fixed order. Leaves Validation::step alone.
  Result<Validation> evaluate(const Dataset& data) const;

  /// Weights under the names of a model file, then the optimiser's moments. Copies on the CPU.
  class Snapshot {
   public:
    void add(std::string name, const torch::Tensor& tensor);
    std::span<const TensorView> views() const { return views_; }

   private:
    std::vector<torch::Tensor> held_;
    std::vector<TensorView> views_;
  };
  Snapshot snapshot() const;
  /// Takes the weights alone. False, with them undefined, where a tensor is missing or of another
  /// size or type.
  bool load(std::span<const TensorView> tensors);
  /// The same with the optimiser's moments. False, with the state undefined, where load() fails,
  /// too.
  bool restore(std::span<const TensorView> tensors);
  /// Gives every process the state of the first one.
  void share();

  std::int64_t tokens_per_update() const;

 private:
  struct Batch {
    torch::Tensor inputs;    // (B, T * S)
    torch::Tensor next;      // (B, T * S): the step after each of the inputs
    torch::Tensor targets;   // (B * T * S): the same, PAD of a compound model not scored
    std::int64_t notes = 0;  // that the targets write
  };
  /// Ids of an example: a context and one step more.
  std::size_t example_size() const {
    return static_cast<std::size_t>((options_.model.context + 1) * options_.model.fields);
  }
  Batch make_batch(std::span<const std::uint16_t> examples,
                   std::span<const std::uint16_t> notes_written) const;
  Result<double> add_pass(const Dataset& data, std::int64_t step, std::int64_t pass);
  Result<std::array<double, 3>> evaluate_share(const Dataset& data) const;
  template <std::size_t n>
  Result<std::array<double, n>> sum_of_all(const Result<std::array<double, n>>& own) const;
  torch::Tensor loss_sum(const Batch& batch, double dropout) const;

  TrainOptions options_;
  torch::Device device_;
  ProcessGroup group_;
  TorchModel model_;
  torch::Tensor counted_;  // (V): whether the loss counts a token; undefined for all
  std::unique_ptr<Optimiser> optimiser_;
};

}  // namespace sage
