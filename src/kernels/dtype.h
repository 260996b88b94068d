// Element types of weights and K/V caches, and bfloat16 as numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sage {

enum class DType { kF32, kBf16, kI8 };

constexpr std::size_t size_of(DType type) {  // bytes an element
  return type == DType::kF32 ? 4 : type == DType::kBf16 ? 2 : 1;
}

/// bfloat16: the upper half of an IEEE float.
struct Bf16 {
  std::uint16_t bits;
};

constexpr float to_float(Bf16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

/// Rounds to the nearest, ties to even; NaN stays NaN.
constexpr Bf16 to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffff) > 0x7f800000) return {static_cast<std::uint16_t>((bits >> 16) | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

}  // namespace sage
