#include "ops/row_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>

// One source, several instruction sets, chosen by the dynamic loader. Reductions are marked for the
// compiler with `omp simd`, so that no other floating-point rule is relaxed. `simdlen` asks for
// vectors of 512 bits where the set has them: GCC prefers 256 by itself.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define SAGE_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SAGE_CLONES
#endif
#define SAGE_INLINE inline __attribute__((always_inline))

namespace sage::rows {
namespace {

SAGE_INLINE float load(float value) { return value; }
SAGE_INLINE float load(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}
SAGE_INLINE void store(float& to, float value) { to = value; }
SAGE_INLINE void store(Bf16& to, float value) {  // round to nearest even; never given a NaN payload
  const auto bits = std::bit_cast<std::uint32_t>(value);
  to = static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// e^x within 2e-7 relative for x in [-87, 88]: 2^n times a degree-6 polynomial on [-ln2/2, ln2/2].
SAGE_INLINE float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23 rounds to an integer
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const auto exponent = static_cast<std::uint32_t>(static_cast<std::int32_t>(n) + 127) << 23;
  return p * std::bit_cast<float>(exponent);
}

template <class T>
SAGE_INLINE void rms_norm_rows(const float* x, const float* weight, float eps, std::int64_t rows,
                               std::int64_t width, T* out, float* scale) {
  for (std::int64_t r = 0; r < rows; ++r, x += width, out += width) {
    float sum = 0;
#pragma omp simd simdlen(32) reduction(+ : sum)
    for (std::int64_t i = 0; i < width; ++i) sum += x[i] * x[i];
    const float s = 1.0f / std::sqrt(sum / static_cast<float>(width) + eps);
    scale[r] = s;
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < width; ++i) store(out[i], x[i] * s * weight[i]);
  }
}

template <class T>
SAGE_INLINE void add_rms_norm_rows(const float* x, const T* delta, const float* weight, float eps,
                                   std::int64_t rows, std::int64_t width, float* sum, T* out,
                                   float* scale) {
  for (std::int64_t r = 0; r < rows; ++r, x += width, delta += width, sum += width, out += width) {
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < width; ++i) sum[i] = x[i] + load(delta[i]);
    rms_norm_rows(sum, weight, eps, 1, width, out, scale + r);
  }
}

template <class T>
SAGE_INLINE void rms_norm_backward_rows(const float* x, const float* weight, const float* scale,
                                        const T* dout, const float* carried, std::int64_t rows,
                                        std::int64_t width, float* dx, Bf16* ddelta,
                                        float* dweight) {
  for (std::int64_t r = 0; r < rows; ++r, x += width, dout += width, dx += width) {
    const float s = scale[r];
    float dot = 0;
#pragma omp simd simdlen(32) reduction(+ : dot)
    for (std::int64_t i = 0; i < width; ++i) dot += load(dout[i]) * weight[i] * x[i];
    const float back = s * s * s * dot / static_cast<float>(width);
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < width; ++i) {
      const float d = load(dout[i]);
      dx[i] = s * weight[i] * d - back * x[i];
      dweight[i] += d * x[i] * s;
    }
    if (carried != nullptr) {
#pragma omp simd simdlen(32)
      for (std::int64_t i = 0; i < width; ++i) dx[i] += carried[i];
      carried += width;
    }
    if (ddelta != nullptr) {
#pragma omp simd simdlen(32)
      for (std::int64_t i = 0; i < width; ++i) store(ddelta[i], dx[i]);
      ddelta += width;
    }
  }
}

template <class T>
SAGE_INLINE void swiglu_rows(const T* gate_up, std::int64_t rows, std::int64_t width, T* out) {
  for (std::int64_t r = 0; r < rows; ++r, gate_up += 2 * width, out += width) {
    const T* up = gate_up + width;
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < width; ++i) {
      const float g = load(gate_up[i]);
      store(out[i], g / (1.0f + fast_exp(-g)) * load(up[i]));
    }
  }
}

template <class T>
SAGE_INLINE void swiglu_backward_rows(const T* gate_up, const T* dout, std::int64_t rows,
                                      std::int64_t width, T* dgate_up) {
  for (std::int64_t r = 0; r < rows;
       ++r, gate_up += 2 * width, dgate_up += 2 * width, dout += width) {
    const T* up = gate_up + width;
    T* dup = dgate_up + width;
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < width; ++i) {
      const float g = load(gate_up[i]);
      const float d = load(dout[i]);
      const float sigmoid = 1.0f / (1.0f + fast_exp(-g));
      store(dup[i], d * g * sigmoid);
      store(dgate_up[i], d * load(up[i]) * sigmoid * (1.0f + g * (1.0f - sigmoid)));
    }
  }
}

template <class T>
SAGE_INLINE void rotate_heads(const T* in, const float* cosine, const float* sine,
                              std::int64_t heads, std::int64_t half, float direction, T* out) {
  for (std::int64_t h = 0; h < heads; ++h, in += 2 * half, out += 2 * half) {
#pragma omp simd simdlen(32)
    for (std::int64_t i = 0; i < half; ++i) {
      const float a = load(in[i]);
      const float b = load(in[i + half]);
      const float s = direction * sine[i];
      store(out[i], a * cosine[i] - b * s);
      store(out[i + half], b * cosine[i] + a * s);
    }
  }
}

template <class T>
SAGE_INLINE void softmax_row(T* row, float factor, std::int64_t visible, std::int64_t width) {
  float largest = load(row[0]);
#pragma omp simd simdlen(32) reduction(max : largest)
  for (std::int64_t i = 0; i < visible; ++i) {
    const float value = load(row[i]);
    largest = value > largest ? value : largest;
  }
  float sum = 0;
#pragma omp simd simdlen(32) reduction(+ : sum)
  for (std::int64_t i = 0; i < visible; ++i) {
    const float e = fast_exp(factor * (load(row[i]) - largest));
    sum += e;
    store(row[i], e);
  }
  const float inverse = 1.0f / sum;
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < visible; ++i) store(row[i], load(row[i]) * inverse);
  std::fill(row + visible, row + width, T{0});
}

template <class T>
SAGE_INLINE void softmax_backward_row(const T* probability, T* dprobability, float factor,
                                      std::int64_t visible, std::int64_t width) {
  float dot = 0;
#pragma omp simd simdlen(32) reduction(+ : dot)
  for (std::int64_t i = 0; i < visible; ++i) dot += load(probability[i]) * load(dprobability[i]);
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < visible; ++i)
    store(dprobability[i], factor * load(probability[i]) * (load(dprobability[i]) - dot));
  std::fill(dprobability + visible, dprobability + width, T{0});
}

SAGE_INLINE float softmax_weights_row(float* scores, float factor, std::int64_t visible,
                                      std::int64_t width, Bf16* weights, float* log_sum) {
  float largest = scores[0];
#pragma omp simd simdlen(16) reduction(max : largest)
  for (std::int64_t i = 0; i < visible; ++i) largest = scores[i] > largest ? scores[i] : largest;
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < visible; ++i) {
    scores[i] = fast_exp(factor * (scores[i] - largest));
    store(weights[i], scores[i]);
  }
  float sum = 0;
#pragma omp simd simdlen(16) reduction(+ : sum)
  for (std::int64_t i = 0; i < visible; ++i) sum += scores[i];
  std::fill(weights + visible, weights + width, Bf16{0});
  *log_sum = factor * largest + std::log(sum);
  return sum;
}

SAGE_INLINE void attention_gradient_row(const float* scores, const float* dp, float factor,
                                        float log_sum, float delta, std::int64_t visible,
                                        std::int64_t width, Bf16* p, Bf16* dscores) {
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < visible; ++i) {
    const float probability = fast_exp(factor * scores[i] - log_sum);
    store(p[i], probability);
    store(dscores[i], factor * probability * (dp[i] - delta));
  }
  std::fill(p + visible, p + width, Bf16{0});
  std::fill(dscores + visible, dscores + width, Bf16{0});
}

template <class T>
SAGE_INLINE float cross_entropy_row(T* row, std::int64_t width, std::int64_t target,
                                    bool gradient) {
  float largest = load(row[0]);
#pragma omp simd simdlen(32) reduction(max : largest)
  for (std::int64_t i = 0; i < width; ++i) {
    const float value = load(row[i]);
    largest = value > largest ? value : largest;
  }
  float sum = 0;
#pragma omp simd simdlen(32) reduction(+ : sum)
  for (std::int64_t i = 0; i < width; ++i) sum += fast_exp(load(row[i]) - largest);
  const float log_sum = std::log(sum) + largest;
  const float loss = log_sum - load(row[target]);
  if (!gradient) return loss;
  const float at_target = fast_exp(load(row[target]) - log_sum) - 1.0f;
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < width; ++i) store(row[i], fast_exp(load(row[i]) - log_sum));
  store(row[target], at_target);
  return loss;
}

}  // namespace

#define SAGE_DEFINE(T)                                                                             \
  SAGE_CLONES void rms_norm(const float* x, const float* weight, float eps, std::int64_t rows,     \
                            std::int64_t width, T* out, float* scale) {                            \
    rms_norm_rows(x, weight, eps, rows, width, out, scale);                                        \
  }                                                                                                \
  SAGE_CLONES void rms_norm_backward(const float* x, const float* weight, const float* scale,      \
                                     const T* dout, const float* carried, std::int64_t rows,       \
                                     std::int64_t width, float* dx, Bf16* ddelta,                  \
                                     float* dweight) {                                             \
    rms_norm_backward_rows(x, weight, scale, dout, carried, rows, width, dx, ddelta, dweight);     \
  }                                                                                                \
  SAGE_CLONES void add_rms_norm(const float* x, const T* delta, const float* weight, float eps,    \
                                std::int64_t rows, std::int64_t width, float* sum, T* out,         \
                                float* scale) {                                                    \
    add_rms_norm_rows(x, delta, weight, eps, rows, width, sum, out, scale);                        \
  }                                                                                                \
  SAGE_CLONES void swiglu(const T* gate_up, std::int64_t rows, std::int64_t width, T* out) {       \
    swiglu_rows(gate_up, rows, width, out);                                                        \
  }                                                                                                \
  SAGE_CLONES void swiglu_backward(const T* gate_up, const T* dout, std::int64_t rows,             \
                                   std::int64_t width, T* dgate_up) {                              \
    swiglu_backward_rows(gate_up, dout, rows, width, dgate_up);                                    \
  }                                                                                                \
  SAGE_CLONES void rotate(const T* in, const float* cosine, const float* sine, std::int64_t heads, \
                          std::int64_t half, float direction, T* out) {                            \
    rotate_heads(in, cosine, sine, heads, half, direction, out);                                   \
  }                                                                                                \
  SAGE_CLONES void softmax(T* row, float factor, std::int64_t visible, std::int64_t width) {       \
    softmax_row(row, factor, visible, width);                                                      \
  }                                                                                                \
  SAGE_CLONES void softmax_backward(const T* probability, T* dprobability, float factor,           \
                                    std::int64_t visible, std::int64_t width) {                    \
    softmax_backward_row(probability, dprobability, factor, visible, width);                       \
  }                                                                                                \
  SAGE_CLONES float cross_entropy(T* row, std::int64_t width, std::int64_t target,                 \
                                  bool gradient) {                                                 \
    return cross_entropy_row(row, width, target, gradient);                                        \
  }
SAGE_DEFINE(float)
SAGE_DEFINE(Bf16)
#undef SAGE_DEFINE

SAGE_CLONES float softmax_weights(float* scores, float factor, std::int64_t visible,
                                  std::int64_t width, Bf16* weights, float* log_sum) {
  return softmax_weights_row(scores, factor, visible, width, weights, log_sum);
}

SAGE_CLONES void attention_gradient(const float* scores, const float* dp, float factor,
                                    float log_sum, float delta, std::int64_t visible,
                                    std::int64_t width, Bf16* p, Bf16* dscores) {
  attention_gradient_row(scores, dp, factor, log_sum, delta, visible, width, p, dscores);
}

SAGE_CLONES void scaled(const float* x, float factor, std::int64_t width, Bf16* out) {
#pragma omp simd simdlen(32)
  for (std::int64_t i = 0; i < width; ++i) store(out[i], factor * x[i]);
}

SAGE_CLONES float dot(const Bf16* a, const Bf16* b, std::int64_t width) {
  float sum = 0;
#pragma omp simd simdlen(32) reduction(+ : sum)
  for (std::int64_t i = 0; i < width; ++i) sum += load(a[i]) * load(b[i]);
  return sum;
}

}  // namespace sage::rows
