// AdamW (Loshchilov and Hutter 2019) over the model's one flat parameter vector. Private to this
// layer.
#pragma once

#include "train/torch_compat.h"

namespace sage {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;  // on the first `decayed` elements (the matrices) only
};

class AdamW {
 public:
  AdamW(const AdamWOptions& options, std::int64_t parameters, std::int64_t decayed,
        torch::Device device)
      : options_(options),
        decayed_(decayed),
        first(torch::zeros({parameters}, torch::TensorOptions().device(device))),
        second(torch::zeros_like(first)) {}

  /// One update; `step` counts from 1. All tensors (P).
  void update(torch::Tensor& weights, const torch::Tensor& gradients, double rate,
              std::int64_t step) {
    const double correction1 = 1.0 - std::pow(options_.beta1, static_cast<double>(step));
    const double correction2 = 1.0 - std::pow(options_.beta2, static_cast<double>(step));
    first.lerp_(gradients, 1.0 - options_.beta1);
    second.mul_(options_.beta2).addcmul_(gradients, gradients, 1.0 - options_.beta2);
    const torch::Tensor deviation = second.sqrt().div_(std::sqrt(correction2)).add_(options_.eps);
    weights.narrow(0, 0, decayed_).mul_(1.0 - rate * options_.weight_decay);
    weights.addcdiv_(first, deviation, -rate / correction1);
  }

 private:
  AdamWOptions options_;
  std::int64_t decayed_;

 public:
  torch::Tensor first, second;  // moments (P), saved in checkpoints
};

}  // namespace sage
