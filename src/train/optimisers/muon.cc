// Muon (Jordan et al. 2024): the momentum of every hidden matrix is orthogonalised before it is
// applied, so that all directions of an update are equally large. Embeddings, the head and the
// norms keep AdamW.
// Several processes orthogonalise a share of the matrices each, and add up what comes out.
//
// Updates are scaled by 0.2 sqrt(max(rows, columns)) (Liu et al. 2025), which gives them the size
// of AdamW's, so that learning rate and weight decay mean the same under both rules.
#include <algorithm>
#include <cmath>

#include "ops/torch_ops.h"
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

/// What orthogonalising takes, but for a factor: products of the shorter side.
double work_of(const Tensor& g) {
  const auto shorter = static_cast<double>(std::min(g.size(-2), g.size(-1)));
  return static_cast<double>(g.numel()) * shorter;
}

class Muon final : public Optimiser {
 public:
  Muon(const TorchModel& model, const OptimiserOptions& options) : options_(options) {
    const auto zeros = [](const Tensor& like) { return torch::zeros_like(like.detach()); };
    std::int64_t elements = 0;  // of hidden matrices
    for (const auto& parameter : model.parameters()) {
      const std::string& name = parameter.spec.name;
      const bool hidden = parameter.spec.matrix && name.starts_with("layers.");
      if (hidden) elements += parameter.value.numel();
      slots_.push_back({name, parameter.value.detach(), parameter.value.grad(), hidden,
                        parameter.spec.matrix, zeros(parameter.value),
                        hidden ? Tensor() : zeros(parameter.value)});
    }
    const Tensor& any = model.weights();
    if (ops::has_fast_bf16(any.device())) product_type_ = torch::kBFloat16;  // exact enough here
    if (options_.group != nullptr && options_.group->size() > 1) {
      updates_ = torch::zeros({elements}, any.options().requires_grad(false));
      deal();
    }
  }

  void update(double rate, std::int64_t step) override {
    if (updates_.defined()) updates_.zero_();
    for (Slot& slot : slots_) {
      if (!slot.hidden) {
        adamw_update(slot.weight, slot.gradient, slot.first, slot.second, options_, rate, step,
                     slot.matrix ? options_.weight_decay : 0);
        continue;
      }
      slot.first.mul_(options_.momentum).add_(slot.gradient);
      if (!slot.mine) continue;
      const Tensor ahead = slot.gradient + options_.momentum * slot.first;  // Nesterov's
      const Tensor direction = orthogonalised(ahead, product_type_);
      if (updates_.defined())
        slot.update.copy_(direction);
      else
        step_along(direction, slot, rate);
    }
    if (!updates_.defined()) return;
    options_.group->sum(updates_);  // one process has the direction, the others zeros
    for (Slot& slot : slots_)
      if (slot.hidden) step_along(slot.update, slot, rate);
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
    Tensor first;        // momentum
    Tensor second;       // of AdamW's
    Tensor update = {};  // of a hidden matrix, with several processes: its part of updates_
    bool mine = true;    // to orthogonalise, among the processes
  };

  void step_along(const Tensor& direction, Slot& slot, double rate) const {
    const auto longest = static_cast<double>(std::max(direction.size(-2), direction.size(-1)));
    slot.weight.mul_(1.0 - rate * options_.weight_decay)
        .sub_(direction, rate * 0.2 * std::sqrt(longest));
  }

  /// Gives every hidden matrix its part of updates_, and deals them out to the processes: the
  /// largest first, each to the one with least work so far. Every process comes to the same.
  void deal() {
    std::vector<Slot*> hidden;
    std::int64_t offset = 0;
    for (Slot& slot : slots_) {
      if (!slot.hidden) continue;
      slot.update = updates_.narrow(0, offset, slot.weight.numel()).view(slot.weight.sizes());
      offset += slot.weight.numel();
      hidden.push_back(&slot);
    }
    std::stable_sort(hidden.begin(), hidden.end(), [](const Slot* a, const Slot* b) {
      return work_of(a->weight) > work_of(b->weight);
    });
    std::vector<double> work(static_cast<std::size_t>(options_.group->size()), 0.0);
    for (Slot* slot : hidden) {
      const auto least = std::min_element(work.begin(), work.end());
      *least += work_of(slot->weight);
      slot->mine = least - work.begin() == options_.group->rank();
    }
  }

  OptimiserOptions options_;
  torch::ScalarType product_type_ = torch::kFloat32;
  std::vector<Slot> slots_;
  Tensor updates_;  // of all hidden matrices, to be summed; undefined where one process does all
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
