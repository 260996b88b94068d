// The model of nn/tensor_spec.h in libtorch, for training. Internal to train.
//
// All parameters are views of one flat float tensor, and so are their gradients: optimiser,
// clipping and checkpoints see one vector. Master weights are float; products run in the compute
// type.
#pragma once

#include "ops/torch_compat.h"

#include <string>
#include <string_view>
#include <vector>

#include "nn/config.h"
#include "nn/tensor_spec.h"

namespace sage {

class TorchModel {
 public:
  /// Random weights from `seed`: normal of deviation 0.02, residual outputs 0.02 / sqrt(2 L),
  /// norms 1. Precondition: validate(config) accepts.
  TorchModel(const ModelConfig& config, std::uint64_t seed, torch::Device device = torch::kCPU);

  struct Parameter {
    TensorSpec spec;
    torch::Tensor value;  // a view of weights()
  };

  const ModelConfig& config() const { return config_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  torch::Tensor weights() const { return weights_; }      // (P), matrices first, then norms
  torch::Tensor gradients() const { return gradients_; }  // (P), accumulated by backward()
  std::int64_t matrix_elements() const { return matrix_elements_; }

  struct Mode {
    torch::ScalarType compute = torch::kFloat32;  // or kBFloat16
    double dropout = 0.0;                         // above 0 only in training
  };
  /// tokens (B, T * S) of int64 on the model's device, S = config.fields ids a step: logits
  /// (B * T * S, V) in the compute type. Where the output is chained, `next` (B, T * S) holds the
  /// step that follows each one. Precondition: T <= config.window, so that the window never slides
  /// in training.
  torch::Tensor forward(const torch::Tensor& tokens, const Mode& mode,
                        const torch::Tensor& next = {}) const;

 private:
  struct Pass;  // what one forward pass computes once and every layer uses
  const torch::Tensor& weight(const std::string& name) const;
  torch::Tensor attention(int layer, const torch::Tensor& n, const Pass& pass) const;
  torch::Tensor mix(int layer, const torch::Tensor& q, const torch::Tensor& k,
                    const torch::Tensor& v, const Pass& pass) const;
  torch::Tensor feed_forward(int layer, const torch::Tensor& m, const Pass& pass) const;
  torch::Tensor field_states(const torch::Tensor& states, const torch::Tensor& next,
                             torch::ScalarType type) const;

  ModelConfig config_;
  struct LayerAttention {
    AttentionSpec spec;
    std::vector<std::int64_t> readers;  // (G): how many query heads read each K/V head
    torch::Tensor order, inverse;  // (h): query heads by K/V head, and back; undefined if in order
  };
  std::vector<LayerAttention> attention_;  // (L); the same banks in all
  torch::Tensor token_attributes_;         // (V) of int64
  torch::Tensor weights_, gradients_;
  std::int64_t matrix_elements_ = 0;
  std::vector<Parameter> parameters_;
};

}  // namespace sage
