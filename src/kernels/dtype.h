// Element types of weights and K/V caches, and bfloat16 as numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sage {

/// kI4 is for weights: integers of four bits, stored plus 8. Eight elements of a row lie in four
/// bytes, of which byte j holds element j in its lower half and element j + 4 in its upper one.
enum class DType { kF32, kBf16, kI8, kI4 };

/// Bytes an element, where one fills whole bytes. kI4: 1, what a file counts its rows in.
constexpr std::size_t size_of(DType type) {
  return type == DType::kF32 ? 4 : type == DType::kBf16 ? 2 : 1;
}

/// Bytes of a row of n elements.
constexpr std::int64_t row_bytes(DType type, std::int64_t n) {
  return type == DType::kI4 ? (n + 7) / 8 * 4 : n * static_cast<std::int64_t>(size_of(type));
}

/// Whether it is multiplied by activations that were rounded to int8.
constexpr bool is_integer(DType type) { return type == DType::kI8 || type == DType::kI4; }

/// kI4: so many neighbours of a row have one scale.
inline constexpr int kGroupColumns = 32;

constexpr std::int64_t group_count(std::int64_t columns) {
  return (columns + kGroupColumns - 1) / kGroupColumns;
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
