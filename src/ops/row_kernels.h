// The loops that libtorch runs as chains of memory-bound passes, each written as one pass over
// rows.
//
// Plain C++ on raw memory, compiled for several x86 levels and chosen at load time. Knows nothing
// of tensors, gradients or threads: the caller splits the rows. Every function exists for float and
// for bfloat16 (stored as its 16 bits); sums are always taken in float.
#pragma once

#include <cstdint>

namespace sage::rows {

using Bf16 = std::uint16_t;

// All matrices are row major, (rows, width) unless stated otherwise.

/// out = weight * x / sqrt(mean(x^2) + eps); scale (rows) receives 1 / sqrt(...).
void rms_norm(const float* x, const float* weight, float eps, std::int64_t rows, std::int64_t width,
              float* out, float* scale);
void rms_norm(const float* x, const float* weight, float eps, std::int64_t rows, std::int64_t width,
              Bf16* out, float* scale);

/// The same of x + delta, which is left in sum.
void add_rms_norm(const float* x, const float* delta, const float* weight, float eps,
                  std::int64_t rows, std::int64_t width, float* sum, float* out, float* scale);
void add_rms_norm(const float* x, const Bf16* delta, const float* weight, float eps,
                  std::int64_t rows, std::int64_t width, float* sum, Bf16* out, float* scale);

/// dx = what dout comes to before the norm, plus `carried`, the gradient that passes the norm by
/// (null: none); the same rounded in ddelta (null: not wanted). Adds this block's share of the
/// weight's gradient to dweight (width).
void rms_norm_backward(const float* x, const float* weight, const float* scale, const float* dout,
                       const float* carried, std::int64_t rows, std::int64_t width, float* dx,
                       Bf16* ddelta, float* dweight);
void rms_norm_backward(const float* x, const float* weight, const float* scale, const Bf16* dout,
                       const float* carried, std::int64_t rows, std::int64_t width, float* dx,
                       Bf16* ddelta, float* dweight);

/// gate_up (rows, 2 * width): out = silu(gate) * up, (rows, width).
void swiglu(const float* gate_up, std::int64_t rows, std::int64_t width, float* out);
void swiglu(const Bf16* gate_up, std::int64_t rows, std::int64_t width, Bf16* out);
void swiglu_backward(const float* gate_up, const float* dout, std::int64_t rows, std::int64_t width,
                     float* dgate_up);
void swiglu_backward(const Bf16* gate_up, const Bf16* dout, std::int64_t rows, std::int64_t width,
                     Bf16* dgate_up);

/// Rotates `heads` heads of 2 * half elements at one position; direction -1 rotates back.
/// in and out may be the same. cosine, sine: (half).
void rotate(const float* in, const float* cosine, const float* sine, std::int64_t heads,
            std::int64_t half, float direction, float* out);
void rotate(const Bf16* in, const float* cosine, const float* sine, std::int64_t heads,
            std::int64_t half, float direction, Bf16* out);

/// In place: row[0, visible) = softmax(factor * row[0, visible)), row[visible, width) = 0.
void softmax(float* row, float factor, std::int64_t visible, std::int64_t width);
void softmax(Bf16* row, float factor, std::int64_t visible, std::int64_t width);

/// In place on dprobability: dscore = factor * p * (dp - sum(p * dp)); 0 beyond `visible`.
void softmax_backward(const float* probability, float* dprobability, float factor,
                      std::int64_t visible, std::int64_t width);
void softmax_backward(const Bf16* probability, Bf16* dprobability, float factor,
                      std::int64_t visible, std::int64_t width);

/// weights[0, visible) = exp(factor * scores - their largest), 0 up to width. Returns the sum of
/// the weights and leaves the logarithm of the softmax's denominator in log_sum; uses up the
/// scores.
float softmax_weights(float* scores, float factor, std::int64_t visible, std::int64_t width,
                      Bf16* weights, float* log_sum);

/// From scores and log_sum the probabilities p again, and dscores = factor * p * (dp - delta),
/// delta being sum(p * dp); both 0 from visible up to width.
void attention_gradient(const float* scores, const float* dp, float factor, float log_sum,
                        float delta, std::int64_t visible, std::int64_t width, Bf16* p,
                        Bf16* dscores);

/// out = factor * x.
void scaled(const float* x, float factor, std::int64_t width, Bf16* out);

/// The sum of a * b.
float dot(const Bf16* a, const Bf16* b, std::int64_t width);

/// Returns -log softmax(row)[target] and, where gradient is set, replaces the row by the gradient
/// of that with respect to the logits.
float cross_entropy(float* row, std::int64_t width, std::int64_t target, bool gradient);
float cross_entropy(Bf16* row, std::int64_t width, std::int64_t target, bool gradient);

}  // namespace sage::rows
