// Attention of several queries over one page of keys and values. A part of kernels.h.
//
// f32 and bf16: scores and the sum of values are f32. int8: both are products of integers, which
// are exact. For the sum of values, the weights of a query (times the scales of the values) are
// rounded to 0..255, with one scale a page and query.
#pragma once

#include "kernels/isa/products.h"

namespace sage {
namespace {

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
  const float* x[T];
  for (int t = 0; t < T; ++t) x[t] = static_cast<const float*>(a.query[first + t]);
  constexpr int kPanels = T == 1 ? kSinglePanels : kTilePanels;
  const std::int64_t end = (a.end + kPanelRows - 1) / kPanelRows;
  over_panels<kPanels>(a.begin / kPanelRows, end, [&]<int P>(std::int64_t panel) {
    const auto* panels = static_cast<const std::uint8_t*>(a.keys) + panel * stride;
    Sums<T, P> sums;
    clear(sums, Vec::set(0));
    multiply<W, T, P>(panels, stride, x, 0, a.head_dim, sums);
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p)
        for (int v = 0; v < kVectors; ++v)
          Vec::store(&scores[t][(panel + p) * kPanelRows + v * kWidth], sums[t][p][v]);
  });
}

template <int T, class W>
inline void attend_tile(const AttendArgs& a, int first) {
  const int width = padded(a.head_dim);
  if (first == 0) {
    const std::int64_t lines = (a.head_dim + kGroup<W> - 1) / kGroup<W>;
    for (std::int64_t i = 0; i < kPageTokens / kPanelRows * lines; ++i)
      ahead<1>(static_cast<const std::uint8_t*>(a.keys) + i * kLineBytes, 0, a.ahead);
    for (std::int64_t i = 0; i < width / kGroup<W> * (kPageTokens / kPanelRows); ++i)
      ahead<1>(static_cast<const std::uint8_t*>(a.values) + i * kLineBytes, 0, a.ahead);
  }
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

/// score() in integers. Prefetches the page ahead line by line as it goes: more requests at once
/// than the first cache has buffers for (10 to 16) would stall the products.
template <int T>
inline void score_i8(const AttendArgs& a, int first, float (&scores)[T][kPageTokens]) {
  const std::int64_t stride = (a.head_dim + 3) / 4 * kLineBytes;
  const std::int8_t* x[T];
  for (int t = 0; t < T; ++t) x[t] = static_cast<const std::int8_t*>(a.query[first + t]);
  constexpr int kPanels = T <= 4 ? kFewPanels : kTilePanels;
  const std::int64_t end = (a.end + kPanelRows - 1) / kPanelRows;
  over_panels<kPanels>(a.begin / kPanelRows, end, [&]<int P>(std::int64_t panel) {
    const auto* line = static_cast<const std::int8_t*>(a.keys) + panel * stride;
    IntegerSums<T, P> sums;
    clear(sums, Vec::set_int(0));
    for (std::int64_t k = 0; k < a.head_dim; k += 4, line += kLineBytes) {
      ahead<P>(line, stride, first == 0 ? a.ahead : 0);
      multiply_line<T, P>(line, stride, x, k, sums);
    }
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p)
        for (int v = 0; v < kVectors; ++v) {
          const std::int64_t key = (panel + p) * kPanelRows + v * kWidth;
          Vec::store(&scores[t][key], scaled(sums[t][p][v], *a.query_scale[first + t],
                                             Vec::load(a.key_scale + key)));
        }
  });
}

/// What a page adds to a query's part: part = kept * part + step * (weights . values).
struct Softened8 {
  F kept, step;
};

/// Turns scores into weights exp(score - their maximum), and these, times the scales of the values,
/// into 0..255; what lies beside [begin, end) into 0. Whole vectors throughout: with a few hundred
/// cycles for a page, every number that moves between vectors and scalars would be seen.
inline Softened8 soften_i8(const AttendArgs& a, float* scores, std::uint8_t* weights,
                           float* totals) {
  constexpr int kParts = kPageTokens / kWidth;
  constexpr float kNothing = -3.0e38f;
  const auto clear = [&](int begin, int end) {
    for (; begin < end && begin % kWidth != 0; ++begin) scores[begin] = kNothing;
    for (; begin + kWidth <= end; begin += kWidth) Vec::store(scores + begin, Vec::set(kNothing));
    for (; begin < end; ++begin) scores[begin] = kNothing;
  };
  clear(0, a.begin);
  clear(a.end, kPageTokens);

  F w[kParts];
  F top = Vec::set(kNothing);
#pragma GCC unroll 16
  for (int i = 0; i < kParts; ++i) {
    w[i] = Vec::load(scores + i * kWidth);
    top = Vec::max(top, w[i]);
  }
  top = Vec::max_of_all(top);
  F total = Vec::set(0), largest = Vec::set(0);
#pragma GCC unroll 16
  for (int i = 0; i < kParts; ++i) {
    w[i] = exponential_below_one(Vec::sub(w[i], top));
    total = Vec::add(total, w[i]);
    w[i] = Vec::mul(w[i], Vec::load(a.value_scale + i * kWidth));
    largest = Vec::max(largest, w[i]);
  }
  total = Vec::sum_of_all(total);
  largest = Vec::max_of_all(largest);
  const float most = Vec::first(largest);
  const F inverse = Vec::set(most > 1e-30f ? 255 / most : 0);
#pragma GCC unroll 16
  for (int i = 0; i < kParts; ++i)  // NaN becomes 255
    Vec::store(weights + i * kWidth, Vec::min(Vec::round(Vec::mul(w[i], inverse)), Vec::set(255)));

  F step = Vec::mul(largest, Vec::set(1.0f / 255));
  if (!a.extend) {
    totals[0] = Vec::first(top);
    totals[1] = Vec::first(total);
    return {Vec::set(0), step};
  }
  const F before = Vec::set(totals[0]);
  const F m = Vec::max(before, top);
  const F kept = exponential_below_one(Vec::sub(before, m));
  const F added = exponential_below_one(Vec::sub(top, m));
  totals[0] = Vec::first(m);
  totals[1] = Vec::first(Vec::fma(Vec::set(totals[1]), kept, Vec::mul(total, added)));
  return {kept, Vec::mul(step, added)};
}

template <int T>
inline void attend_tile_i8(const AttendArgs& a, int first) {
  const int width = padded(a.head_dim);
  float* const* out = a.out + first;
  alignas(64) float scores[T][kPageTokens];
  score_i8<T>(a, first, scores);
  alignas(64) std::uint8_t weights[T][kPageTokens];
  Softened8 softened[T];
  for (int t = 0; t < T; ++t) softened[t] = soften_i8(a, scores[t], weights[t], out[t] + width);

  constexpr std::int64_t kStride = kPageTokens / 4 * kLineBytes;
  constexpr int kPanels = T <= 4 ? kFewPanels : kTilePanels;
  over_panels<kPanels>(0, width / kPanelRows, [&]<int P>(std::int64_t panel) {
    const std::int8_t* line =
        static_cast<const std::int8_t*>(a.values) + panel * kStride + a.begin / 4 * kLineBytes;
    IntegerSums<T, P> sums;
    clear(sums, Vec::set_int(0));
    for (int j = a.begin / 4 * 4; j < a.end; j += 4, line += kLineBytes) {
      ahead<P>(line, kStride, first == 0 ? a.ahead : 0);
      I values[P][kVectors];
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v)
          values[p][v] = Vec::bytes(line + p * kStride + v * kWidth * 4);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        const I w = Vec::spread(reinterpret_cast<const std::int8_t*>(weights[t]) + j);
#pragma GCC unroll 16
        for (int p = 0; p < P; ++p)
#pragma GCC unroll 16
          for (int v = 0; v < kVectors; ++v)
            sums[t][p][v] = Vec::dot4_unsigned(sums[t][p][v], values[p][v], w);
      }
    }
    for (int t = 0; t < T; ++t)
      for (int p = 0; p < P; ++p)
        for (int v = 0; v < kVectors; ++v) {
          float* const at = out[t] + (panel + p) * kPanelRows + v * kWidth;
          const F sum = Vec::mul(Vec::to_float(sums[t][p][v]), softened[t].step);
          Vec::store(at, a.extend ? Vec::fma(Vec::load(at), softened[t].kept, sum) : sum);
        }
  });
}

template <class W>
void attend(const AttendArgs& a) noexcept {
  over_tokens<kTileTokens>(0, a.queries, [&]<int T>(std::int64_t first) {
    if constexpr (sizeof(W) == 1)
      attend_tile_i8<T>(a, static_cast<int>(first));
    else
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

}  // namespace
}  // namespace sage
