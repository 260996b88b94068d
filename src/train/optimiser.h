// How gradients become updates. Internal to train.
//
// A rule is a separate file in optimisers/, named by one word in this layer's CMake list.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ops/torch_compat.h"
#include "train/process_group.h"
#include "train/torch_model.h"

namespace sage {

struct OptimiserOptions {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;  // on matrices only
  double momentum = 0.95;     // of rules that use it instead of beta1
  /// Whose processes share the work of an update; must outlive the optimiser. Null: there is one.
  const ProcessGroup* group = nullptr;
};

/// Owns its moments, and changes the model's weights in place.
class Optimiser {
 public:
  virtual ~Optimiser() = default;
  /// One update from the model's gradients at a learning rate; `step` counts from 1.
  virtual void update(double rate, std::int64_t step) = 0;
  struct Moment {
    std::string name;
    torch::Tensor value;  // shared, not copied
  };
  /// The state that a checkpoint needs for an exact continuation.
  virtual std::vector<Moment> moments() const = 0;
};

class OptimiserRule {
 public:
  virtual ~OptimiserRule() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view summary() const = 0;  // one line for listings
  /// The model must outlive the optimiser.
  virtual std::unique_ptr<Optimiser> make(const TorchModel& model,
                                          const OptimiserOptions& options) const = 0;
};

std::span<const OptimiserRule* const> optimiser_registry();

/// One step of AdamW (Loshchilov and Hutter 2019): all tensors of one shape; `decay` is the factor
/// of weight decay, 0 for none.
void adamw_update(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor first,
                  torch::Tensor second, const OptimiserOptions& options, double rate,
                  std::int64_t step, double decay);

}  // namespace sage
