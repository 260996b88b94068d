// The one source of all kernels. A file of isa/ defines Vec, the vectors of its instruction set, in
// the unnamed namespace, and then includes this, which leaves it a function make_table().
//
// Everything here has internal linkage, and no inline function from elsewhere is called: a copy of
// it, compiled for this instruction set, could be what the linker keeps for the whole program.
//
// Vec::F holds Vec::kWidth floats. A dot product has one accumulator vector, filled in order and
// added up by Vec::sum4, whatever the tile it is computed in; that makes results independent of the
// tiling.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

using F = Vec::F;
constexpr int kWidth = Vec::kWidth;
constexpr int kTileRows = 4;  // weights' rows of a tile
constexpr int kTileTokens =
    Vec::kTileTokens;           // at most 4; tile and operands must fit the registers
constexpr int kSingleRows = 8;  // rows of a tile for one token
static_assert(kPageTokens % kWidth == 0);

// A vector's worth of elements at a pointer, or the `n` that are left of them.
struct Whole {};
struct Part {
  int n;
};

template <class T>
inline F get(const T* p, Whole) {
  return Vec::load(p);
}

template <class T>
inline F get(const T* p, Part part) {
  T buffer[kWidth] = {};
  for (int i = 0; i < part.n; ++i) buffer[i] = p[i];
  return Vec::load(buffer);
}

template <class T>
inline void put(T* p, F v, Whole) {
  Vec::store(p, v);
}

template <class T>
inline void put(T* p, F v, Part part) {
  T buffer[kWidth];
  Vec::store(buffer, v);
  for (int i = 0; i < part.n; ++i) p[i] = buffer[i];
}

/// Calls body(offset, Whole or Part) over n elements.
template <class Body>
inline void each(std::int64_t n, const Body& body) {
  std::int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) body(i, Whole{});
  if (i < n) body(i, Part{static_cast<int>(n - i)});
}

inline float sum(F v) {
  float out[4];
  Vec::sum4(v, Vec::set(0), Vec::set(0), Vec::set(0), out);
  return out[0];
}

/// exp by x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor polynomial of degree 7 in r (relative
/// error below 1e-8 before rounding). Arguments are clamped to [-87.3, 88]: exp(-infinity) is
/// 1e-38, not 0.
inline F exponential(F x) {
  x = Vec::min(Vec::max(x, Vec::set(-87.3f)), Vec::set(88.0f));
  const F n = Vec::round(Vec::mul(x, Vec::set(1.44269504f)));
  F r = Vec::fma(n, Vec::set(-0.693359375f), x);  // ln 2 in two parts, the first times n exact
  r = Vec::fma(n, Vec::set(2.12194440e-4f), r);
  F p = Vec::set(1.0f / 5040);
  constexpr float kCoefficients[] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f};
  for (const float c : kCoefficients) p = Vec::fma(p, r, Vec::set(c));
  return Vec::mul(p, Vec::power_of_two(n));
}

inline float exponential_of_one(float x) {
  float out[kWidth];
  Vec::store(out, exponential(Vec::set(x)));
  return out[0];
}

/// out[t][r] = w[r] . x[t] for a tile of R rows and T tokens.
template <int R, int T, class W>
inline void dots(const W* w, std::int64_t n, const float* const* x, float (&out)[T][R]) {
  F acc[R][T];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t) acc[r][t] = Vec::set(0);
  each(n, [&](std::int64_t k, auto part) {
    F xs[T];
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t) xs[t] = get(x[t] + k, part);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const F ws = get(w + r * n + k, part);
#pragma GCC unroll 8
      for (int t = 0; t < T; ++t) acc[r][t] = Vec::fma(ws, xs[t], acc[r][t]);
    }
  });
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) {
    if constexpr (R % 4 == 0) {
#pragma GCC unroll 8
      for (int r = 0; r < R; r += 4)
        Vec::sum4(acc[r][t], acc[r + 1][t], acc[r + 2][t], acc[r + 3][t], out[t] + r);
    } else {
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) out[t][r] = sum(acc[r][t]);
    }
  }
}

template <int R, int T, class W>
inline void matmul_tile(const MatmulArgs& a, std::int64_t row, std::int64_t first) {
  const float* x[T];
  for (int t = 0; t < T; ++t) x[t] = a.x + a.index[first + t] * a.x_stride;
  float out[T][R];
  dots<R, T>(static_cast<const W*>(a.weight) + row * a.in, a.in, x, out);
  for (int t = 0; t < T; ++t) {
    float* y = a.y + a.index[first + t] * a.y_stride + row;
    for (int r = 0; r < R; ++r) {
      float value = out[t][r];
      if constexpr (sizeof(W) == 1) value *= a.scale[row + r];
      y[r] = a.accumulate ? y[r] + value : value;
    }
  }
}

template <int R, class W>
inline void matmul_rows(const MatmulArgs& a, std::int64_t row) {
  std::int64_t first = 0;
  for (; first + kTileTokens <= a.tokens; first += kTileTokens)
    matmul_tile<R, kTileTokens, W>(a, row, first);
  switch (a.tokens - first) {
    case 3:
      return matmul_tile<R, 3, W>(a, row, first);
    case 2:
      return matmul_tile<R, 2, W>(a, row, first);
    case 1:
      return matmul_tile<R, 1, W>(a, row, first);
    default:
      return;
  }
}

template <class W>
void matmul(const MatmulArgs& a) noexcept {
  std::int64_t row = a.row_begin;
  if (a.tokens == 1)
    for (; row + kSingleRows <= a.row_end; row += kSingleRows)
      matmul_tile<kSingleRows, 1, W>(a, row, 0);
  for (; row + kTileRows <= a.row_end; row += kTileRows) matmul_rows<kTileRows, W>(a, row);
  for (; row < a.row_end; ++row) matmul_rows<1, W>(a, row);
}

/// out[t][d] = sum_j p[t][j] v[j][d] for D vectors of columns from `column` on.
template <int T, int D, class W, class Extent>
inline void weighted_sum(const AttendArgs& a, const float (&p)[T][kPageTokens], int column,
                         float* const* out, Extent part) {
  const W* v = static_cast<const W*>(a.values) + column;
  F acc[T][D];
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 8
    for (int d = 0; d < D; ++d) acc[t][d] = Vec::set(0);
  for (int j = 0; j < a.count; ++j, v += a.head_dim) {
    F vs[D];
#pragma GCC unroll 8
    for (int d = 0; d < D; ++d) vs[d] = get(v + d * kWidth, part);
#pragma GCC unroll 8
    for (int t = 0; t < T; ++t)
#pragma GCC unroll 8
      for (int d = 0; d < D; ++d) acc[t][d] = Vec::fma(Vec::set(p[t][j]), vs[d], acc[t][d]);
  }
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 8
    for (int d = 0; d < D; ++d) put(out[t] + column + d * kWidth, acc[t][d], part);
}

/// Turns scores into exp(score - max) and stores the maximum and the sum of the exponentials.
inline void soften(float* scores, int count, float* max_and_sum) {
  constexpr float kNothing = -3.0e38f;
  const int padded = (count + kWidth - 1) / kWidth * kWidth;
  for (int j = count; j < padded; ++j) scores[j] = kNothing;
  F largest = Vec::set(kNothing);
  for (int j = 0; j < padded; j += kWidth) largest = Vec::max(largest, Vec::load(scores + j));
  const float m = Vec::max_across(largest);
  F total = Vec::set(0);
  for (int j = 0; j < padded; j += kWidth) {
    const F e = exponential(Vec::sub(Vec::load(scores + j), Vec::set(m)));
    Vec::store(scores + j, e);
    total = Vec::add(total, e);
  }
  max_and_sum[0] = m;
  max_and_sum[1] = sum(total);
}

template <int T, class W>
inline void attend_tile(const AttendArgs& a, int first) {
  const W* keys = static_cast<const W*>(a.keys);
  const float* const* query = a.query + first;
  float* const* out = a.out + first;
  alignas(64) float scores[T][kPageTokens];
  constexpr int kRows = T == 1 ? kSingleRows : kTileRows;
  int j = 0;
  const auto score = [&]<int R>() {
    float tile[T][R];
    dots<R, T>(keys + static_cast<std::int64_t>(j) * a.head_dim, a.head_dim, query, tile);
    for (int t = 0; t < T; ++t)
      for (int r = 0; r < R; ++r) scores[t][j + r] = tile[t][r];
    j += R;
  };
  while (j + kRows <= a.count) score.template operator()<kRows>();
  while (j < a.count) score.template operator()<1>();
  for (int t = 0; t < T; ++t) soften(scores[t], a.count, out[t] + a.head_dim);

  int column = 0;
  for (; column + 4 * kWidth <= a.head_dim; column += 4 * kWidth)
    weighted_sum<T, 4, W>(a, scores, column, out, Whole{});
  for (; column + kWidth <= a.head_dim; column += kWidth)
    weighted_sum<T, 1, W>(a, scores, column, out, Whole{});
  if (column < a.head_dim) weighted_sum<T, 1, W>(a, scores, column, out, Part{a.head_dim - column});
}

template <class W>
void attend(const AttendArgs& a) noexcept {
  int first = 0;
  for (; first + kTileTokens <= a.queries; first += kTileTokens)
    attend_tile<kTileTokens, W>(a, first);
  switch (a.queries - first) {
    case 3:
      return attend_tile<3, W>(a, first);
    case 2:
      return attend_tile<2, W>(a, first);
    case 1:
      return attend_tile<1, W>(a, first);
    default:
      return;
  }
}

void merge(const float* const* parts, std::int64_t count, int head_dim, float* out) noexcept {
  each(head_dim, [&](std::int64_t k, auto part) { put(out + k, Vec::set(0), part); });
  if (count == 0) return;
  float m = parts[0][head_dim];
  for (std::int64_t i = 1; i < count; ++i) m = parts[i][head_dim] > m ? parts[i][head_dim] : m;
  float total = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const float w = exponential_of_one(parts[i][head_dim] - m);
    total += w * parts[i][head_dim + 1];
    each(head_dim, [&](std::int64_t k, auto part) {
      put(out + k, Vec::fma(Vec::set(w), get(parts[i] + k, part), get(out + k, part)), part);
    });
  }
  const F inverse = Vec::set(1 / total);
  each(head_dim, [&](std::int64_t k, auto part) {
    put(out + k, Vec::mul(get(out + k, part), inverse), part);
  });
}

void rms_norm(const float* x, const float* weight, std::int64_t n, float eps, float* out) noexcept {
  F squares = Vec::set(0);
  each(n, [&](std::int64_t i, auto part) {
    const F v = get(x + i, part);
    squares = Vec::fma(v, v, squares);
  });
  const float scale = 1 / __builtin_sqrtf(sum(squares) / static_cast<float>(n) + eps);
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

constexpr KernelTable make_table(std::string_view name, bool (*supported)()) {
  return {name,          supported,    matmul<float>, matmul<Bf16>, matmul<std::int8_t>,
          attend<float>, attend<Bf16>, merge,         rms_norm,     rotate,
          swiglu,        gelu,         narrow};
}

}  // namespace
}  // namespace sage
