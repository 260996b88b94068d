// Attention of several queries over one page of keys and values. A part of kernels.h.
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

}  // namespace
}  // namespace sage
