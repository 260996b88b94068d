#include "nn/field_head.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "nn/quantise.h"

namespace sage {

void pool_embeddings(const Linear& embed, std::span<const std::int32_t> ids,
                     std::span<float> scratch, std::span<float> to) {
  if (ids.empty()) std::fill(to.begin(), to.end(), 0.0f);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    widen(embed.rows(0, ids[i]), embed.scales_of(0, ids[i]), embed.type, i == 0 ? to : scratch);
    if (i > 0) std::transform(to.begin(), to.end(), scratch.begin(), to.begin(), std::plus<>());
  }
}

FieldHead::FieldHead(const Weights& weights, const PackedWeights& packed,
                     const KernelTable& kernels, Workspace& workspace, int field,
                     const float* states, std::int64_t tokens, std::span<const std::int32_t> chosen,
                     std::size_t stride) noexcept
    : packed_(packed),
      kernels_(kernels),
      workspace_(workspace),
      field_(field),
      tokens_(tokens),
      d_(weights.config().d_model),
      shares_(tokens * d_ * d_ < kWorthSharing ? 1 : workspace.threads()) {
  const ModelConfig& config = weights.config();
  const auto width = static_cast<std::size_t>(d_);
  const auto before = static_cast<std::size_t>(field);
  float* const u = workspace_.locals_.front().normed.as_floats();
  std::copy_n(states, tokens * d_, u);
  std::copy_n(states, tokens * d_, out());
  if (weights.fields().norm != nullptr && field > 0) {
    const std::span scratch(workspace_.attended_.as_floats(), width), pooled(inner(), width);
    for (std::int64_t token = 0; token < tokens; ++token) {
      pool_embeddings(weights.embed(),
                      chosen.subspan(static_cast<std::size_t>(token) * stride, before), scratch,
                      pooled);
      kernels_.rms_norm(pooled.data(), weights.fields().norm, d_, config.norm_eps, scratch.data());
      float* const row = u + token * d_;
      std::transform(row, row + d_, scratch.begin(), row, std::plus<>());
    }
  }
  narrow(u);
}

const float* FieldHead::run() noexcept {
  if (shares_ > 1) {
    workspace_.team_.run(*this, kSteps);
  } else {
    for (int step = 0; step < kSteps; ++step)
      for (int item = 0; item < items(step); ++item) run(step, item, 0);
  }
  return out();
}

int FieldHead::items(int step) const noexcept {
  if (static_cast<Step>(step) == Step::kNarrow)
    return packed_.field_down().type == WeightType::kI8 ? 1 : 0;
  return shares_;
}

void FieldHead::run(int step, int item, int) noexcept {
  switch (static_cast<Step>(step)) {
    case Step::kUp: {
      multiply(packed_.field_up(), workspace_.locals_.front().normed.as_floats(), inner(), item,
               false);
      const auto [begin, end] = rows_of(d_, item, shares_);
      for (std::int64_t token = 0; token < tokens_; ++token)
        kernels_.gelu(inner() + token * d_ + begin, end - begin);
      return;
    }
    case Step::kNarrow:
      return narrow(inner());
    case Step::kDown:
      return multiply(packed_.field_down(), inner(), out(), item, true);
  }
}

/// To int8, where the weights are.
void FieldHead::narrow(const float* rows) noexcept {
  if (packed_.field_up().type != WeightType::kI8) return;
  Workspace::Local& local = workspace_.locals_.front();
  auto* const to = reinterpret_cast<std::int8_t*>(local.narrowed.bytes());
  for (std::int64_t token = 0; token < tokens_; ++token)
    kernels_.quantise(rows + token * d_, d_, to + token * workspace_.operand_stride_,
                      &local.scale[static_cast<std::size_t>(token)]);
}

/// An item's rows of y = W x (or y += W x), with this field's W; x is narrowed already if it has to
/// be.
void FieldHead::multiply(const PackedLinear& linear, const float* x, float* y, int item,
                         bool accumulate) noexcept {
  const Workspace::Local& local = workspace_.locals_.front();
  const bool narrow = linear.type == WeightType::kI8;
  MatmulArgs args;
  std::tie(args.row_begin, args.row_end) = rows_of(d_, item, shares_);
  args.weight = linear.panels(field_);
  args.scale = linear.scales_of(field_);
  args.in = d_;
  args.index = workspace_.identity_.data();
  args.tokens = tokens_;
  args.x = narrow ? static_cast<const void*>(local.narrowed.bytes()) : x;
  args.x_stride = narrow ? workspace_.operand_stride_ : d_;
  args.x_scale = narrow ? local.scale.data() : nullptr;
  args.y = y + args.row_begin;
  args.y_stride = d_;
  args.accumulate = accumulate;
  kernels_.matmul(linear.type)(args);
}

}  // namespace sage
