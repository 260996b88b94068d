// What the kernels of all kinds share: vectors, partial vectors, the exponential. A part of
// kernels.h.
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
constexpr int kSinglePanels = 4;                                     // for one token
constexpr int kFewPanels = Vec::kTileTokens * Vec::kTilePanels / 4;  // for four tokens, integers
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

/// The same for x <= 0, where a relative error of 3e-6 does no harm: a polynomial of degree 5. n
/// ends up in the low bits of x / ln 2 + 1.5 * 2^23, from where it is added to the exponent.
inline F exponential_below_one(F x) {
  x = Vec::max(x, Vec::set(-87.3f));
  const F shifted = Vec::fma(x, Vec::set(1.44269504f), Vec::set(12582912.0f));
  const F r = Vec::fma(Vec::sub(shifted, Vec::set(12582912.0f)), Vec::set(-0.693147181f), x);
  F p = Vec::set(1.0f / 120);
  constexpr float kCoefficients[] = {1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f};
  for (const float c : kCoefficients) p = Vec::fma(p, r, Vec::set(c));
  return Vec::add_to_exponent(p, shifted);
}

inline float exponential_of_one(float x) {
  float out[kWidth];
  Vec::store(out, exponential(Vec::set(x)));
  return out[0];
}

}  // namespace
}  // namespace sage
