// Norms, rotation, activations, rounding, and reading alone. A part of kernels.h.
#pragma once

#include "kernels/isa/vectors.h"

namespace sage {
namespace {

void rms_norm(const float* x, const float* weight, std::int64_t n, float eps, float* out) noexcept {
  F squares = Vec::set(0);
  each(n, [&](std::int64_t i, auto part) {
    const F v = get(x + i, part);
    squares = Vec::fma(v, v, squares);
  });
  const float scale = 1 / __builtin_sqrtf(Vec::sum(squares) / static_cast<float>(n) + eps);
  each(n, [&](std::int64_t i, auto part) {
    put(out + i, Vec::mul(Vec::mul(get(x + i, part), Vec::set(scale)), get(weight + i, part)),
        part);
  });
}

void rotate(const float* x, const float* cosine, const float* sine, std::int64_t n, float a,
            float* out) noexcept {
  const std::int64_t half = n / 2;
  each(half, [&](std::int64_t i, auto part) {
    const F c = Vec::mul(get(cosine + i, part), Vec::set(a));
    const F s = Vec::mul(get(sine + i, part), Vec::set(a));
    const F low = get(x + i, part);
    const F high = get(x + half + i, part);
    put(out + i, Vec::sub(Vec::mul(low, c), Vec::mul(high, s)), part);
    put(out + half + i, Vec::fma(high, c, Vec::mul(low, s)), part);
  });
}

void swiglu(float* gate, const float* up, std::int64_t n) noexcept {
  each(n, [&](std::int64_t i, auto part) {
    const F x = get(gate + i, part);
    const F denominator = Vec::add(Vec::set(1), exponential(Vec::sub(Vec::set(0), x)));
    put(gate + i, Vec::mul(Vec::div(x, denominator), get(up + i, part)), part);
  });
}

void gelu(float* x, std::int64_t n) noexcept {
  each(n, [&](std::int64_t i, auto part) {
    const F v = get(x + i, part);
    const F z = Vec::mul(Vec::max(v, Vec::sub(Vec::set(0), v)), Vec::set(0.707106781f));
    const F t = Vec::div(Vec::set(1), Vec::fma(z, Vec::set(0.3275911f), Vec::set(1)));
    F p = Vec::set(1.061405429f);
    constexpr float kCoefficients[] = {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f};
    for (const float c : kCoefficients) p = Vec::fma(p, t, Vec::set(c));
    // 1 - erf(|v| / sqrt 2); then v (1 + erf) / 2 = max(v, 0) - |v| (1 - erf(|v| / sqrt 2)) / 2.
    const F tail = Vec::mul(Vec::mul(p, t), exponential(Vec::sub(Vec::set(0), Vec::mul(z, z))));
    const F half = Vec::mul(z, Vec::set(0.707106781f));
    put(x + i, Vec::sub(Vec::max(v, Vec::set(0)), Vec::mul(half, tail)), part);
  });
}

void narrow(const float* x, std::int64_t n, Bf16* out) noexcept {
  each(n, [&](std::int64_t i, auto part) { put(out + i, get(x + i, part), part); });
}

void quantise(const float* x, std::int64_t n, std::int8_t* out, RowScale* scale) noexcept {
  F largest = Vec::set(0);
  each(n, [&](std::int64_t i, auto part) {
    const F v = get(x + i, part);
    largest = Vec::max(largest, Vec::max(v, Vec::sub(Vec::set(0), v)));
  });
  const float most = Vec::max_across(largest);
  const F inverse = Vec::set(most > 0 ? 127 / most : 0);
  each(n, [&](std::int64_t i, auto part) {
    const F v = Vec::round(Vec::mul(get(x + i, part), inverse));
    put(out + i, Vec::max(Vec::min(v, Vec::set(127)), Vec::set(-127)), part);
  });
  for (std::int64_t i = n; i % 8 != 0; ++i) out[i] = 0;
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += out[i];
  *scale = {most / 127, sum};
}

void sum_groups(const std::int8_t* x, std::int64_t n, std::int32_t* sums) noexcept {
  for (std::int64_t begin = 0; begin < n; begin += kGroupColumns) {
    const std::int64_t end = n < begin + kGroupColumns ? n : begin + kGroupColumns;
    std::int32_t sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += x[i];
    *sums++ = sum;
  }
}

std::int32_t read(const void* memory, std::int64_t bytes) noexcept {
  constexpr int kAccumulators = 8 / kVectors > 0 ? 8 / kVectors : 1;
  constexpr std::int64_t kStep = kAccumulators * kLineBytes;
  const auto* p = static_cast<const std::int8_t*>(memory);
  I sums[kAccumulators][kVectors];
  for (auto& line : sums)
    for (I& sum : line) sum = Vec::set_int(0);
  for (std::int64_t at = 0; at + kStep <= bytes; at += kStep)
#pragma GCC unroll 16
    for (int a = 0; a < kAccumulators; ++a)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v)
        sums[a][v] = Vec::sub_int(sums[a][v], Vec::quads(p + at + a * kLineBytes + v * kWidth * 4));
  float total = 0;
  for (auto& line : sums)
    for (const I& sum : line) total += Vec::sum(Vec::to_float(sum));
  return total > 0;
}

}  // namespace
}  // namespace sage
