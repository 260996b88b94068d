// Tiles on AVX-512 BF16, which multiplies pairs of elements and adds both up, sixteen pairs at
// once.
#include "kernels/isa/avx512_tiles.h"

namespace sage {
namespace {

constexpr std::int64_t kBlockRows = 8;  // whose sums the registers hold, two of them a row

bool supported() { return has_avx512_bf16(); }

__m512bh pairs(const Bf16* from) { return reinterpret_cast<__m512bh>(_mm512_load_si512(from)); }

/// The pair at `from`, sixteen times.
__m512bh repeated(const Bf16* from) {
  std::int32_t pair;
  __builtin_memcpy(&pair, from, sizeof(pair));
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
}

/// The sums of kBlockRows rows, which are half a tile of the left operand, and of one or two tiles
/// of columns.
template <bool kWide>
void block(const TileProductArgs& args, std::int64_t row, std::int64_t column) {
  const std::int64_t steps = inner_tiles(args.inner);
  const Bf16* left = args.left + row / kTileOuter * steps * kTile + row % kTileOuter * kTileInner;
  const Bf16* right = args.right + column / kTileOuter * right_tiles(args) * kTile;
  const Bf16* right2 = right + right_tiles(args) * kTile;
  __m512 a[kBlockRows], b[kBlockRows];
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < kBlockRows; ++i) a[i] = b[i] = _mm512_setzero_ps();
  for (std::int64_t tile = 0; tile < steps * kTile; tile += kTile)
    for (std::int64_t pair = 0; pair < kTileOuter; ++pair) {
      const __m512bh some = pairs(right + tile + pair * kTileInner);
      __m512bh more = some;
      if constexpr (kWide) more = pairs(right2 + tile + pair * kTileInner);
#pragma GCC unroll 8
      for (std::int64_t i = 0; i < kBlockRows; ++i) {
        const __m512bh x = repeated(left + tile + i * kTileInner + 2 * pair);
        a[i] = _mm512_dpbf16_ps(a[i], x, some);
        if constexpr (kWide) b[i] = _mm512_dpbf16_ps(b[i], x, more);
      }
    }
  const std::int64_t rows = args.rows - row;
#pragma GCC unroll 8
  for (std::int64_t i = 0; i < kBlockRows; ++i)
    if (i < rows) write_row(args, row + i, column, a[i], b[i]);
}

void product(const TileProductArgs& args) noexcept {
  // Two panels of the right operand stay in the first cache while all rows pass by.
  for (std::int64_t column = 0; column < args.columns; column += kBlockColumns)
    for (std::int64_t row = 0; row < args.rows; row += kBlockRows)
      if (args.columns - column > kTileOuter)
        block<true>(args, row, column);
      else
        block<false>(args, row, column);
}

}  // namespace

const TileKernels& avx512_bf16_tiles() {
  static constexpr TileKernels table = {"avx512_bf16", supported, pack<Stored::kByOuter>,
                                        pack<Stored::kByInner>, product};
  return table;
}

}  // namespace sage
