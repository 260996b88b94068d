// The one source of all kernels. A file of isa/ defines Vec, the vectors of its instruction set, in
// the unnamed namespace, and then includes this, which leaves it a function make_table().
//
// Everything here has internal linkage, and no inline function from elsewhere is called: a copy of
// it, compiled for this instruction set, could be what the linker keeps for the whole program.
//
// Vec::F holds Vec::kWidth floats, Vec::I as many 32-bit integers. A matrix lies in panels
// (kernels/panels.h); every row has one accumulator lane, which takes the products in the order of
// the columns, whatever the tile it is computed in. That makes results independent of the tiling.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

using F = Vec::F;
using I = Vec::I;
constexpr int kWidth = Vec::kWidth;
constexpr int kVectors = kPanelRows / kWidth;  // that hold one line of a panel
static_assert(kPageTokens % kPanelRows == 0 && kPanelRows % kWidth == 0);

// Panels and tokens of a tile: their accumulators and operands must fit the registers.
constexpr int kSinglePanels = 4;  // for one token
constexpr int kTileTokens = Vec::kTileTokens;
constexpr int kTilePanels = Vec::kTilePanels;

/// Elements of one row in a line.
template <class W>
constexpr int kGroup = 4 / static_cast<int>(sizeof(W));

/// part_width(), for in here.
inline int padded(int head_dim) { return (head_dim + kPanelRows - 1) / kPanelRows * kPanelRows; }

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

// ------------------------------------------------------------------------------------ products

template <int T, int P>
using Sums = F[T][P][kVectors];
template <int T, int P>
using IntegerSums = I[T][P][kVectors];

template <class V, int T, int P>
inline void clear(V (&sums)[T][P][kVectors], V zero) {
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sums[t][p][v] = zero;
}

/// Adds the products of one line of P panels, of which E elements a row, and T tokens' x.
template <int E, int T, int P, class W>
inline void multiply_line(const std::uint8_t* line, std::int64_t stride, const float* const* x,
                          std::int64_t k, Sums<T, P>& sums) {
  F w[P][kVectors][kGroup<W>];
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v)
      Vec::widen(reinterpret_cast<const W*>(line + p * stride) + v * kWidth * kGroup<W>, w[p][v]);
#pragma GCC unroll 16
  for (int e = 0; e < E; ++e)
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const F xs = Vec::set(x[t][k + e]);
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[t][p][v] = Vec::fma(w[p][v][e], xs, sums[t][p][v]);
    }
}

/// sums[t][p] += panel p's columns [begin, end) times x[t]; `begin` starts a line.
template <class W, int T, int P>
inline void multiply(const void* panels, std::int64_t stride, const float* const* x,
                     std::int64_t begin, std::int64_t end, Sums<T, P>& sums) {
  constexpr int kElements = kGroup<W>;
  const std::uint8_t* line =
      static_cast<const std::uint8_t*>(panels) + begin / kElements * kLineBytes;
  std::int64_t k = begin;
  for (; k + kElements <= end; k += kElements, line += kLineBytes)
    multiply_line<kElements, T, P, W>(line, stride, x, k, sums);
  if constexpr (kElements > 1) {
    if (end - k == 1) multiply_line<1, T, P, W>(line, stride, x, k, sums);
  }
  if constexpr (kElements > 2) {
    if (end - k == 2) multiply_line<2, T, P, W>(line, stride, x, k, sums);
    if (end - k == 3) multiply_line<3, T, P, W>(line, stride, x, k, sums);
  }
}

/// The same in integers, over all columns; x filled up with zeros to whole lines.
template <int T, int P>
inline void multiply(const void* panels, std::int64_t stride, const std::int8_t* const* x,
                     std::int64_t columns, IntegerSums<T, P>& sums) {
  const auto* line = static_cast<const std::int8_t*>(panels);
  for (std::int64_t k = 0; k < columns; k += 4, line += kLineBytes) {
    I w[P][kVectors];
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) w[p][v] = Vec::quads(line + p * stride + v * kWidth * 4);
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const I xs = Vec::spread(x[t] + k);
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sums[t][p][v] = Vec::dot4(sums[t][p][v], w[p][v], xs);
    }
  }
}

/// Sums of products as floats: without the bias that dot4() gives each weight, times w and x.
inline F scaled(I sum, const RowScale& x, F w) {
  const I bias = Vec::set_int(Vec::kBias * x.sum);
  return Vec::mul(Vec::mul(Vec::to_float(Vec::sub_int(sum, bias)), w), Vec::set(x.scale));
}

/// Calls body.operator()<P>(first) over the panels [first, end), P at once as long as there are P.
template <int P, class Body>
inline void over_panels(std::int64_t first, std::int64_t end, const Body& body) {
  for (; first + P <= end; first += P) body.template operator()<P>(first);
  if constexpr (P > 1) over_panels<P / 2>(first, end, body);
}

/// The same with body.operator()<T>(first) over tokens.
template <int T, class Body>
inline void over_tokens(std::int64_t first, std::int64_t end, const Body& body) {
  over_panels<T>(first, end, body);
}

/// Puts the results of one panel where the token's y has them, and only rows that were asked for.
inline void write(const MatmulArgs& a, std::int32_t token, std::int64_t panel,
                  const F (&values)[kVectors]) {
  float* const y = a.y + token * a.y_stride;
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) {
    const std::int64_t row = panel * kPanelRows + v * kWidth;
    if (row >= a.row_begin && row + kWidth <= a.row_end) {
      float* const at = y + (row - a.row_begin);
      Vec::store(at, a.accumulate ? Vec::add(Vec::load(at), values[v]) : values[v]);
      continue;
    }
    float lanes[kWidth];
    Vec::store(lanes, values[v]);
    for (int i = 0; i < kWidth; ++i) {
      if (row + i < a.row_begin || row + i >= a.row_end) continue;
      float* const at = y + (row + i - a.row_begin);
      *at = a.accumulate ? *at + lanes[i] : lanes[i];
    }
  }
}

template <int T, int P, class W>
inline void matmul_tile(const MatmulArgs& a, std::int64_t panel, std::int64_t token) {
  const std::int64_t lines = (a.in + kGroup<W> - 1) / kGroup<W>;
  const std::int64_t stride = lines * kLineBytes;
  const auto* panels = static_cast<const std::uint8_t*>(a.weight) + panel * stride;
  const std::int32_t* index = a.index + token;
  if constexpr (sizeof(W) > 1) {
    const float* x[T];
    for (int t = 0; t < T; ++t) x[t] = static_cast<const float*>(a.x) + index[t] * a.x_stride;
    Sums<T, P> sums;
    clear(sums, Vec::set(0));
    multiply<W, T, P>(panels, stride, x, 0, a.in, sums);
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p) write(a, index[t], panel + p, sums[t][p]);
  } else {
    const std::int8_t* x[T];
    for (int t = 0; t < T; ++t) x[t] = static_cast<const std::int8_t*>(a.x) + index[t] * a.x_stride;
    IntegerSums<T, P> sums;
    clear(sums, Vec::set_int(0));
    multiply<T, P>(panels, stride, x, a.in, sums);
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p) {
        F values[kVectors];
        const float* scale = a.scale + (panel + p) * kPanelRows;
        for (int v = 0; v < kVectors; ++v)
          values[v] = scaled(sums[t][p][v], a.x_scale[index[t]], Vec::load(scale + v * kWidth));
        write(a, index[t], panel + p, values);
      }
  }
}

/// The tile for int4. A group is summed in integers, without the 8 that every weight is stored
/// with, and then scaled.
template <int T, int P>
inline void matmul_tile_i4(const MatmulArgs& a, std::int64_t panel, std::int64_t token) {
  constexpr int kGroupLines = kGroupColumns / 8;
  const std::int64_t lines = (a.in + 7) / 8, groups = (a.in + kGroupColumns - 1) / kGroupColumns;
  const std::int64_t stride = lines * kLineBytes;
  const std::int64_t scale_stride = (groups + 1) / 2 * kLineBytes;
  const auto* line = static_cast<const std::uint8_t*>(a.weight) + panel * stride;
  const auto* scales = reinterpret_cast<const std::uint8_t*>(a.group_scale) + panel * scale_stride;
  const std::int32_t* index = a.index + token;
  const std::int8_t* x[T];
  for (int t = 0; t < T; ++t) x[t] = static_cast<const std::int8_t*>(a.x) + index[t] * a.x_stride;
  Sums<T, P> sums;
  clear(sums, Vec::set(0));
  for (std::int64_t group = 0; group < groups; ++group) {
    IntegerSums<T, P> part;
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const I bias = Vec::set_int(-8 * a.group_sums[index[t] * groups + group]);
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) part[t][p][v] = bias;
    }
    const std::int64_t end = lines < (group + 1) * kGroupLines ? lines : (group + 1) * kGroupLines;
    for (std::int64_t i = group * kGroupLines; i < end; ++i, line += kLineBytes) {
      I low[P][kVectors], high[P][kVectors];
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v)
          Vec::halves(line + p * stride + v * kWidth * 4, low[p][v], high[p][v]);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        const I first = Vec::spread(x[t] + 8 * i), second = Vec::spread(x[t] + 8 * i + 4);
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
          for (int v = 0; v < kVectors; ++v) {
            part[t][p][v] = Vec::dot4(part[t][p][v], low[p][v], first);
            part[t][p][v] = Vec::dot4(part[t][p][v], high[p][v], second);
          }
      }
    }
#pragma GCC unroll 16
    for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        F pair[2];
        Vec::widen(
            reinterpret_cast<const Bf16*>(scales + p * scale_stride + group / 2 * kLineBytes) +
                v * kWidth * 2,
            pair);
        const F scale = group % 2 == 0 ? pair[0] : pair[1];
#pragma GCC unroll 16
        for (int t = 0; t < T; ++t)
          sums[t][p][v] = Vec::fma(Vec::to_float(part[t][p][v]), scale, sums[t][p][v]);
      }
  }
  for (int t = 0; t < T; ++t)
    for (int p = 0; p < P; ++p) {
      F values[kVectors];
      for (int v = 0; v < kVectors; ++v)
        values[v] = Vec::mul(sums[t][p][v], Vec::set(a.x_scale[index[t]].scale));
      write(a, index[t], panel + p, values);
    }
}

/// Panels outside, tokens inside: a panel comes from far away once, and then from the first cache.
/// tile.operator()<T, P>(panel, token) computes P panels for T tokens.
template <int T, class Tile>
inline void over_tiles(const MatmulArgs& a, const Tile& tile) {
  const std::int64_t first = a.row_begin / kPanelRows;
  const std::int64_t end = (a.row_end + kPanelRows - 1) / kPanelRows;
  if (a.tokens == 1) {
    over_panels<kSinglePanels>(
        first, end, [&]<int P>(std::int64_t panel) { tile.template operator()<1, P>(panel, 0); });
    return;
  }
  over_panels<kTilePanels>(first, end, [&]<int P>(std::int64_t panel) {
    over_tokens<T>(0, a.tokens, [&]<int N>(std::int64_t token) {
      tile.template operator()<N, P>(panel, token);
    });
  });
}

template <class W>
void matmul(const MatmulArgs& a) noexcept {
  over_tiles<kTileTokens>(a, [&]<int T, int P>(std::int64_t panel, std::int64_t token) {
    matmul_tile<T, P, W>(a, panel, token);
  });
}

/// Two sums for every element, so half the tokens at once.
void matmul_i4(const MatmulArgs& a) noexcept {
  over_tiles<kTileTokens / 2>(a, [&]<int T, int P>(std::int64_t panel, std::int64_t token) {
    matmul_tile_i4<T, P>(a, panel, token);
  });
}

// ----------------------------------------------------------------------------------- attention

/// Turns the scores [begin, end) into exp(score - m), m the larger of their maximum and `before`;
/// the others of the same panels into zeros. Returns m and the sum of the exponentials.
struct Softened {
  float m, total;
};

inline Softened soften(float* scores, int begin, int end, float before) {
  constexpr float kNothing = -3.0e38f;
  const int low = begin / kPanelRows * kPanelRows;
  const int high = (end + kPanelRows - 1) / kPanelRows * kPanelRows;
  for (int j = low; j < begin; ++j) scores[j] = kNothing;
  for (int j = end; j < high; ++j) scores[j] = kNothing;
  F largest = Vec::set(before);
  for (int j = low; j < high; j += kWidth) largest = Vec::max(largest, Vec::load(scores + j));
  const float m = Vec::max_across(largest);
  for (int j = low; j < high; j += kWidth)
    Vec::store(scores + j, exponential(Vec::sub(Vec::load(scores + j), Vec::set(m))));
  for (int j = low; j < begin; ++j) scores[j] = 0;
  for (int j = end; j < high; ++j) scores[j] = 0;
  F total = Vec::set(0);
  for (int j = low; j < high; j += kWidth) total = Vec::add(total, Vec::load(scores + j));
  return {m, Vec::sum(total)};
}

/// scores[t][j] = query t . key j, for the panels of keys that hold [begin, end).
template <int T, class W>
inline void score(const AttendArgs& a, int first, float (&scores)[T][kPageTokens]) {
  const std::int64_t lines = (a.head_dim + kGroup<W> - 1) / kGroup<W>;
  const std::int64_t stride = lines * kLineBytes;
  const void* const* query = a.query + first;
  constexpr int kPanels = T == 1 ? kSinglePanels : kTilePanels;
  const std::int64_t end = (a.end + kPanelRows - 1) / kPanelRows;
  over_panels<kPanels>(a.begin / kPanelRows, end, [&]<int P>(std::int64_t panel) {
    const auto* panels = static_cast<const std::uint8_t*>(a.keys) + panel * stride;
    if constexpr (sizeof(W) > 1) {
      const float* x[T];
      for (int t = 0; t < T; ++t) x[t] = static_cast<const float*>(query[t]);
      Sums<T, P> sums;
      clear(sums, Vec::set(0));
      multiply<W, T, P>(panels, stride, x, 0, a.head_dim, sums);
      for (int t = 0; t < T; ++t)
        for (int p = 0; p < P; ++p)
          for (int v = 0; v < kVectors; ++v)
            Vec::store(&scores[t][(panel + p) * kPanelRows + v * kWidth], sums[t][p][v]);
    } else {
      const std::int8_t* x[T];
      for (int t = 0; t < T; ++t) x[t] = static_cast<const std::int8_t*>(query[t]);
      IntegerSums<T, P> sums;
      clear(sums, Vec::set_int(0));
      multiply<T, P>(panels, stride, x, a.head_dim, sums);
      for (int t = 0; t < T; ++t)
        for (int p = 0; p < P; ++p)
          for (int v = 0; v < kVectors; ++v) {
            const std::int64_t key = (panel + p) * kPanelRows + v * kWidth;
            Vec::store(&scores[t][key], scaled(sums[t][p][v], *a.query_scale[first + t],
                                               Vec::load(a.key_scale + key)));
          }
    }
  });
}

template <int T, class W>
inline void attend_tile(const AttendArgs& a, int first) {
  const int width = padded(a.head_dim);
  float* const* out = a.out + first;
  alignas(64) float weights[T][kPageTokens];
  score<T, W>(a, first, weights);

  float kept[T];  // the factor of what `out` holds
  const float* x[T];
  for (int t = 0; t < T; ++t) {
    const float before = a.extend ? out[t][width] : -3.0e38f;
    const Softened softened = soften(weights[t], a.begin, a.end, before);
    kept[t] = a.extend ? exponential_of_one(before - softened.m) : 0;
    out[t][width + 1] = a.extend ? out[t][width + 1] * kept[t] + softened.total : softened.total;
    out[t][width] = softened.m;
    x[t] = weights[t];
    if constexpr (sizeof(W) == 1)
      for (int j = a.begin; j < a.end; ++j) weights[t][j] *= a.value_scale[j];
  }

  constexpr std::int64_t kStride = kPageTokens / kGroup<W> * kLineBytes;
  constexpr int kPanels = T == 1 ? kSinglePanels : kTilePanels;
  const int line = a.begin / kGroup<W> * kGroup<W>;
  over_panels<kPanels>(0, width / kPanelRows, [&]<int P>(std::int64_t panel) {
    Sums<T, P> sums;
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p)
        for (int v = 0; v < kVectors; ++v) {
          const float* at = out[t] + (panel + p) * kPanelRows + v * kWidth;
          sums[t][p][v] = a.extend ? Vec::mul(Vec::load(at), Vec::set(kept[t])) : Vec::set(0);
        }
    multiply<W, T, P>(static_cast<const std::uint8_t*>(a.values) + panel * kStride, kStride, x,
                      line, a.end, sums);
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p)
        for (int v = 0; v < kVectors; ++v)
          Vec::store(out[t] + (panel + p) * kPanelRows + v * kWidth, sums[t][p][v]);
  });
}

template <class W>
void attend(const AttendArgs& a) noexcept {
  over_tokens<kTileTokens>(0, a.queries, [&]<int T>(std::int64_t first) {
    attend_tile<T, W>(a, static_cast<int>(first));
  });
}

void merge(const float* const* parts, std::int64_t count, int head_dim, float* out) noexcept {
  each(head_dim, [&](std::int64_t k, auto part) { put(out + k, Vec::set(0), part); });
  if (count == 0) return;
  const int width = padded(head_dim);
  float m = parts[0][width];
  for (std::int64_t i = 1; i < count; ++i) m = parts[i][width] > m ? parts[i][width] : m;
  float total = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const float w = exponential_of_one(parts[i][width] - m);
    total += w * parts[i][width + 1];
    each(head_dim, [&](std::int64_t k, auto part) {
      put(out + k, Vec::fma(Vec::set(w), get(parts[i] + k, part), get(out + k, part)), part);
    });
  }
  const F inverse = Vec::set(1 / total);
  each(head_dim, [&](std::int64_t k, auto part) {
    put(out + k, Vec::mul(get(out + k, part), inverse), part);
  });
}

// --------------------------------------------------------------------------------- elementwise

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

constexpr KernelTable make_table(std::string_view name, bool (*supported)()) {
  return {name,
          supported,
          matmul<float>,
          matmul<Bf16>,
          matmul<std::int8_t>,
          matmul_i4,
          attend<float>,
          attend<Bf16>,
          attend<std::int8_t>,
          merge,
          rms_norm,
          rotate,
          swiglu,
          gelu,
          narrow,
          quantise,
          sum_groups,
          read};
}

}  // namespace
}  // namespace sage
