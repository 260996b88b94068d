// The differentiable pieces of the model that deserve one pass over memory instead of many.
//
// On the CPU each is a loop of row_kernels.h with its gradient written out, or, where the processor
// has tiles for it, a product of tile_ops.h; elsewhere, and as the oracle of the tests, `composed`
// does the same with libtorch's own operations.
#pragma once

#include "ops/banks.h"
#include "ops/torch_compat.h"

namespace sage::ops {

/// Whether products of bfloat16 are faster on a device than those of floats. On a processor without
/// instructions for them they are emulated, or multiplied one number at a time.
bool has_fast_bf16(const torch::Device& device);

/// weight * x / sqrt(mean(x^2) + eps) over the last dimension. x and weight are float; the result
/// has type `dtype`.
torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps,
                       torch::ScalarType dtype);

/// x + delta, and rms_norm of that; delta has type `dtype`. One pass where two would do.
struct Normed {
  torch::Tensor sum, out;
};
Normed add_rms_norm(const torch::Tensor& x, const torch::Tensor& delta, const torch::Tensor& weight,
                    double eps, torch::ScalarType dtype);

/// bank (N) of int64, each below `count`.
Banks banks_of(const torch::Tensor& bank, std::int64_t count);

/// x w^T in the type of x (N, in): weight (out, in) of float, or (A, out, in) with the bank of each
/// row in `banks`. Gradients of weights are float.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight,
                     const Banks* banks = nullptr);

/// silu(gate) * up of (..., 2f) holding gate, then up: (..., f).
torch::Tensor swiglu(const torch::Tensor& gate_up);

/// Rotary positions for x (B, T, H, dh); cosine and sine (T, dh/2), float.
torch::Tensor rope(const torch::Tensor& x, const torch::Tensor& cosine, const torch::Tensor& sine);

/// Causal attention of R query heads that share one K/V head: q (B, T, R, dh), k and v (B, T, dh)
/// to (B, T, R, dh). The heads are folded into the rows of the products, and the keys after a block
/// of queries are excluded from its products.
torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v);

/// A target that is not scored, as libtorch's own losses have it.
inline constexpr std::int64_t kIgnored = -100;

/// The sum over rows of -log softmax(logits)[target]: logits (N, V), targets (N) of int64, rows
/// whose target is kIgnored left out. Uses up the logits: their memory becomes that of their
/// gradient.
torch::Tensor cross_entropy_sum(const torch::Tensor& logits, const torch::Tensor& targets);

namespace composed {

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps,
                       torch::ScalarType dtype);
Normed add_rms_norm(const torch::Tensor& x, const torch::Tensor& delta, const torch::Tensor& weight,
                    double eps, torch::ScalarType dtype);
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const Banks* banks);
torch::Tensor swiglu(const torch::Tensor& gate_up);
torch::Tensor rope(const torch::Tensor& x, const torch::Tensor& cosine, const torch::Tensor& sine);
torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v);
torch::Tensor cross_entropy_sum(const torch::Tensor& logits, const torch::Tensor& targets);

/// As causal_attention, but key j is seen by query i only where visible (B or 1, T, T) is true; a
/// query that sees nothing gives zero.
torch::Tensor masked_attention(const torch::Tensor& q, const torch::Tensor& k,
                               const torch::Tensor& v, const torch::Tensor& visible);

}  // namespace composed
}  // namespace sage::ops
