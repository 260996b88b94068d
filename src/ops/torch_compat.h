// The parts of libtorch that the trainer uses (the whole of it takes three times as long to
// compile), and what differs between its versions 1.13 (Debian 12) and 2.x (inside a PyTorch
// install).
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

namespace sage {

inline constexpr bool kTorchHasFusedAttention = TORCH_VERSION_MAJOR >= 2;

/// softmax(q k^T / sqrt(dh)) v under a causal mask; q, k, v (B, h, T, dh). Where libtorch brings no
/// kernel for it, an undefined tensor: the caller composes it.
inline torch::Tensor fused_causal_attention([[maybe_unused]] const torch::Tensor& q,
                                            [[maybe_unused]] const torch::Tensor& k,
                                            [[maybe_unused]] const torch::Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true);
#else
  return {};
#endif
}

}  // namespace sage
