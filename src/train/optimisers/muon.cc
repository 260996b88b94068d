// Muon (Jordan et al. 2024): the momentum of every hidden matrix is orthogonalised before it is
// applied, so that all directions of an update are equally large. Embeddings, the head and the
// norms keep AdamW.
//
// Updates are scaled by 0.2 sqrt(max(rows, columns)) (Liu et al. 2025), which gives them the size
// of AdamW's, so that learning rate and weight decay mean the same under both rules.
#include <algorithm>
#include <cmath>

#include "train/optimiser.h"

namespace sage {
namespace {

using torch::Tensor;

/// The nearest semi-orthogonal matrix to each of g (..., m, n), roughly: five Newton-Schulz
/// iterations of the quintic of Jordan et al., which leaves singular values between 0.7 and 1.2.
Tensor orthogonalised(const Tensor& g, torch::ScalarType type) {
  const bool tall = g.size(-2) > g.size(-1);
  Tensor x = tall ? g.transpose(-2, -1) : g;
  x = (x / x.norm(2, {-2, -1}, /*keepdim=*/true).clamp_min(1e-7)).to(type).contiguous();
  for (int i = 0; i < 5; ++i) {
    const Tensor a = torch::matmul(x, x.transpose(-2, -1));
    const Tensor b = -4.7750 * a + 2.0315 * torch::matmul(a, a);
    x = 3.4445 * x + torch::matmul(b, x);
  }
  return (tall ? x.transpose(-2, -1) : x).to(torch::kFloat32);
}

class Muon final : public Optimiser {
 public:
  Muon(const TorchModel& model, const OptimiserOptions& options) : options_(options) {
    const auto zeros = [](const Tensor& like) { return torch::zeros_like(like.detach()); };
    for (const auto& parameter : model.parameters()) {
      const std::string& name = parameter.spec.name;
      const bool hidden = parameter.spec.matrix && name.starts_with("layers.");
      slots_.push_back({name, parameter.value.detach(), parameter.value.grad(), hidden,
                        parameter.spec.matrix, zeros(parameter.value),
                        hidden ? Tensor() : zeros(parameter.value)});
    }
  }

  void update(double rate, std::int64_t step) override {
    for (Slot& slot : slots_) {
      if (!slot.hidden) {
        adamw_update(slot.weight, slot.gradient, slot.first, slot.second, options_, rate, step,
                     slot.matrix ? options_.weight_decay : 0);
        continue;
      }
      slot.first.mul_(options_.momentum).add_(slot.gradient);
      const Tensor ahead = slot.gradient + options_.momentum * slot.first;  // Nesterov's
      const auto longest = static_cast<double>(std::max(ahead.size(-2), ahead.size(-1)));
      slot.weight.mul_(1.0 - rate * options_.weight_decay)
          .sub_(orthogonalised(ahead, torch::kBFloat16), rate * 0.2 * std::sqrt(longest));
    }
  }

  std::vector<Moment> moments() const override {
    std::vector<Moment> all;
    for (const Slot& slot : slots_) {
      all.push_back({"first." + slot.name, slot.first});
      if (slot.second.defined()) all.push_back({"second." + slot.name, slot.second});
    }
    return all;
  }

 private:
  struct Slot {
    std::string name;
    Tensor weight, gradient;
    bool hidden;  // a matrix between hidden states
    bool matrix;
    Tensor first;   // momentum
    Tensor second;  // of AdamW's
  };

  OptimiserOptions options_;
  std::vector<Slot> slots_;
};

class MuonRule final : public OptimiserRule {
 public:
  std::string_view name() const override { return "muon"; }
  std::string_view summary() const override {
    return "orthogonalised momentum for hidden matrices, AdamW for the rest";
  }
  std::unique_ptr<Optimiser> make(const TorchModel& model,
                                  const OptimiserOptions& options) const override {
    return std::make_unique<Muon>(model, options);
  }
};

}  // namespace

const OptimiserRule& muon_optimiser() {
  static const MuonRule rule;
  return rule;
}

}  // namespace sage
