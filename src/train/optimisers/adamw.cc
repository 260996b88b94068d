#include <cmath>

#include "train/optimiser.h"

namespace sage {

void adamw_update(torch::Tensor weight, const torch::Tensor& gradient, torch::Tensor first,
                  torch::Tensor second, const OptimiserOptions& options, double rate,
                  std::int64_t step, double decay) {
  const double correction1 = 1.0 - std::pow(options.beta1, static_cast<double>(step));
  const double correction2 = 1.0 - std::pow(options.beta2, static_cast<double>(step));
  first.lerp_(gradient, 1.0 - options.beta1);
  second.mul_(options.beta2).addcmul_(gradient, gradient, 1.0 - options.beta2);
  const torch::Tensor deviation = second.sqrt().div_(std::sqrt(correction2)).add_(options.eps);
  if (decay > 0) weight.mul_(1.0 - rate * decay);
  weight.addcdiv_(first, deviation, -rate / correction1);
}

namespace {

/// Over the model's one flat vector, of which the matrices come first.
class AdamW final : public Optimiser {
 public:
  AdamW(const TorchModel& model, const OptimiserOptions& options)
      : model_(model),
        options_(options),
        first_(torch::zeros_like(model.weights())),
        second_(torch::zeros_like(first_)) {}

  void update(double rate, std::int64_t step) override {
    const std::int64_t matrices = model_.matrix_elements(), all = first_.numel();
    part(0, matrices, rate, step, options_.weight_decay);
    part(matrices, all - matrices, rate, step, 0);
  }

  std::vector<Moment> moments() const override { return {{"first", first_}, {"second", second_}}; }

 private:
  void part(std::int64_t begin, std::int64_t count, double rate, std::int64_t step, double decay) {
    const auto of = [&](const torch::Tensor& flat) { return flat.narrow(0, begin, count); };
    adamw_update(of(model_.weights()), of(model_.gradients()), of(first_), of(second_), options_,
                 rate, step, decay);
  }

  const TorchModel& model_;
  OptimiserOptions options_;
  torch::Tensor first_, second_;  // (P)
};

class AdamWRule final : public OptimiserRule {
 public:
  std::string_view name() const override { return "adamw"; }
  std::string_view summary() const override { return "Adam with decoupled weight decay"; }
  std::unique_ptr<Optimiser> make(const TorchModel& model,
                                  const OptimiserOptions& options) const override {
    return std::make_unique<AdamW>(model, options);
  }
};

}  // namespace

const OptimiserRule& adamw_optimiser() {
  static const AdamWRule rule;
  return rule;
}

}  // namespace sage
