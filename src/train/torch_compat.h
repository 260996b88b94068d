// What differs between libtorch 1.13 (Debian 12) and 2.x (inside a PyTorch install), in one place.
#pragma once

#include <torch/torch.h>

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
