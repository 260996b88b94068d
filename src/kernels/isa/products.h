// Products of matrices in panels with vectors, in floats and in integers. A part of kernels.h.
#pragma once

#include "kernels/isa/vectors.h"

namespace sage {
namespace {

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

/// The same in integers: one line of P panels, four columns from k on.
template <int T, int P>
inline void multiply_line(const std::int8_t* line, std::int64_t stride, const std::int8_t* const* x,
                          std::int64_t k, IntegerSums<T, P>& sums) {
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

/// Over all columns; x filled up with zeros to whole lines.
template <int T, int P>
inline void multiply(const void* panels, std::int64_t stride, const std::int8_t* const* x,
                     std::int64_t columns, IntegerSums<T, P>& sums) {
  const auto* line = static_cast<const std::int8_t*>(panels);
  for (std::int64_t k = 0; k < columns; k += 4, line += kLineBytes)
    multiply_line<T, P>(line, stride, x, k, sums);
}

/// Asks for the lines of P panels that lie `distance` bytes further on; 0: for none.
template <int P>
inline void ahead(const void* line, std::int64_t stride, std::int64_t distance) {
  if (distance == 0) return;
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p)
    __builtin_prefetch(static_cast<const std::uint8_t*>(line) + p * stride + distance, 0, 3);
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

}  // namespace
}  // namespace sage
