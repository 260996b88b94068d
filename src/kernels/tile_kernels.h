// Products of bfloat16 matrices from tiles, for training: the work of a processor's matrix unit, or
// of instructions that add up products of pairs.
//
// Both operands are packed first, into tiles of kTileOuter rows (of the left operand, columns of
// the right one) by kTileInner elements of the dimension that is summed over, filled up with
// zeros. Packing takes matrices as they lie, or transposed, or a selection of their rows, so that
// no one needs to copy these before. Like the other kernels these are pure, noexcept and free of
// allocation, and an output element depends on its own row and column alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/dtype.h"

namespace sage {

inline constexpr std::int64_t kTileOuter = 16;
inline constexpr std::int64_t kTileInner = 32;

/// Elements of a packed operand, `outer` rows or columns by `inner`.
constexpr std::int64_t packed_size(std::int64_t outer, std::int64_t inner) {
  return (outer + kTileOuter - 1) / kTileOuter * ((inner + kTileInner - 1) / kTileInner) *
         kTileOuter * kTileInner;
}

/// How the elements of an operand lie: rows of `inner` elements each, or rows of `outer` ones.
enum class Stored { kByOuter, kByInner };

struct PackArgs {
  const void* from = nullptr;
  DType type = DType::kBf16;            // or kF32, rounded to the nearest
  std::int64_t stride = 0;              // elements from one stored row to the next
  const std::int32_t* index = nullptr;  // which rows, in this order; null: the first ones
  Stored stored = Stored::kByOuter;
  std::int64_t outer = 0;
  std::int64_t inner = 0;
  Bf16* to = nullptr;  // packed_size(outer, inner), at a multiple of 64 bytes
};

/// out[index[i]][j] = sum_k left[i][k] right[j][k], sums in f32.
struct TileProductArgs {
  const Bf16* left = nullptr;   // packed (rows, inner)
  const Bf16* right = nullptr;  // packed (columns, inner)
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t inner = 0;
  /// That the right operand was packed with, where it is more; what lies beyond `inner` is finite.
  std::int64_t right_inner = 0;
  void* out = nullptr;
  DType type = DType::kF32;             // or kBf16, rounded to the nearest
  std::int64_t stride = 0;              // elements from row to row of out
  const std::int32_t* index = nullptr;  // null: row i is i
  bool accumulate = false;              // += in place of =; kF32 only
};

struct TileKernels {
  std::string_view name;
  bool (*supported)();  // by the processor and the operating system at hand; asks for the right
  void (*pack_left)(const PackArgs&) noexcept;
  void (*pack_right)(const PackArgs&) noexcept;
  void (*product)(const TileProductArgs&) noexcept;
};

/// Every set that this program was built with, the slowest, which is the slow twin, first.
std::span<const TileKernels* const> tiles_registry();

/// The fastest set that the processor has, or null where it has none but the slow twin, or where
/// SAGE_ISA forces other instructions.
const TileKernels* fast_tile_kernels();

}  // namespace sage
