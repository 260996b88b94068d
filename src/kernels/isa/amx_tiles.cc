// Tiles on Intel's AMX (BF16), with AVX-512 for packing. The unit takes packed tiles as they lie.
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/isa/avx512_tiles.h"

namespace sage {
namespace {

bool supported() {
  static const bool granted = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!has_avx512_bf16() || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    const bool amx = (d >> 22 & 1) && (d >> 24 & 1);  // BF16, TILE
    // Linux hands the registers out on demand only (ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
    return amx && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  }();
  return granted;
}

/// Eight full tiles. Constant: GCC 12 believes that loading a configuration reads eight bytes of
/// it, so it could leave out, or put off, stores that fill the rest.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfig kFullTiles;
static_assert(sizeof(TileConfig) == 64);

/// The tiles are the thread's as long as this lives.
class Tiles {
 public:
  Tiles() { _tile_loadconfig(&kFullTiles); }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

constexpr std::int64_t kBlock = kBlockColumns;  // rows and columns whose sums the tiles hold

/// The sums of a block lie in `sums`, kBlock floats a row.
void write_block(const TileProductArgs& args, std::int64_t row, std::int64_t column,
                 const float* sums) {
  const std::int64_t rows = smaller(kBlock, args.rows - row);
  for (std::int64_t i = 0; i < rows; ++i, sums += kBlock)
    write_row(args, row + i, column, _mm512_load_ps(sums), _mm512_load_ps(sums + 16));
}

/// Tiles 0 to 3, side by side and one pair below the other, in memory; stride in floats.
template <int kRows, int kColumns>
void load_tiles(const float* from, std::int64_t stride) {
  const std::int64_t bytes = stride * static_cast<std::int64_t>(sizeof(float));
  _tile_loadd(0, from, bytes);
  if constexpr (kColumns > 1) _tile_loadd(1, from + kTileOuter, bytes);
  if constexpr (kRows > 1) _tile_loadd(2, from + kTileOuter * stride, bytes);
  if constexpr (kRows > 1 && kColumns > 1)
    _tile_loadd(3, from + kTileOuter * stride + kTileOuter, bytes);
}

template <int kRows, int kColumns>
void store_tiles(float* to, std::int64_t stride) {
  const std::int64_t bytes = stride * static_cast<std::int64_t>(sizeof(float));
  _tile_stored(0, to, bytes);
  if constexpr (kColumns > 1) _tile_stored(1, to + kTileOuter, bytes);
  if constexpr (kRows > 1) _tile_stored(2, to + kTileOuter * stride, bytes);
  if constexpr (kRows > 1 && kColumns > 1)
    _tile_stored(3, to + kTileOuter * stride + kTileOuter, bytes);
}

/// Up to 2 x 2 tiles of sums.
template <int kRows, int kColumns>
void block(const TileProductArgs& args, std::int64_t row, std::int64_t column) {
  const std::int64_t steps = inner_tiles(args.inner);
  const std::int64_t right_steps = right_tiles(args);
  const Bf16* left = args.left + row / kTileOuter * steps * kTile;
  const Bf16* right = args.right + column / kTileOuter * right_steps * kTile;
  const Bf16 *left2 = left + steps * kTile, *right2 = right + right_steps * kTile;
  // Whole tiles of f32 go where they belong, and come from there, without a detour.
  const bool straight = args.type == DType::kF32 && args.index == nullptr &&
                        row + kRows * kTileOuter <= args.rows &&
                        column + kColumns * kTileOuter <= args.columns;
  float* const to = straight ? static_cast<float*>(args.out) + row * args.stride + column : nullptr;
  const std::int64_t stride = args.stride;
  if (straight && args.accumulate) {
    load_tiles<kRows, kColumns>(to, stride);
  } else {
    _tile_zero(0);
    if constexpr (kColumns > 1) _tile_zero(1);
    if constexpr (kRows > 1) _tile_zero(2);
    if constexpr (kRows > 1 && kColumns > 1) _tile_zero(3);
  }
  for (std::int64_t k = 0; k < steps * kTile; k += kTile) {
    _tile_loadd(4, left + k, 64);
    _tile_loadd(6, right + k, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kColumns > 1) {
      _tile_loadd(7, right2 + k, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (kRows > 1) {
      _tile_loadd(5, left2 + k, 64);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (kColumns > 1) _tile_dpbf16ps(3, 5, 7);
    }
  }
  if (straight) {
    store_tiles<kRows, kColumns>(to, stride);
    return;
  }
  alignas(64) float sums[kBlock * kBlock];
  store_tiles<kRows, kColumns>(sums, kBlock);
  write_block(args, row, column, sums);
}

void product(const TileProductArgs& args) noexcept {
  const Tiles tiles;
  // Two panels of the right operand stay in the first cache while all rows pass by.
  for (std::int64_t column = 0; column < args.columns; column += kBlock) {
    const bool wide = args.columns - column > kTileOuter;
    for (std::int64_t row = 0; row < args.rows; row += kBlock) {
      const bool tall = args.rows - row > kTileOuter;
      if (tall && wide) block<2, 2>(args, row, column);
      if (tall && !wide) block<2, 1>(args, row, column);
      if (!tall && wide) block<1, 2>(args, row, column);
      if (!tall && !wide) block<1, 1>(args, row, column);
    }
  }
}

}  // namespace

const TileKernels& amx_tiles() {
  static constexpr TileKernels table = {"amx", supported, pack<Stored::kByOuter>,
                                        pack<Stored::kByInner>, product};
  return table;
}

}  // namespace sage
