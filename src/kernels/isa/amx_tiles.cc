// Tiles on Intel's AMX (BF16), with AVX-512 for packing.
//
// A tile is 16 rows of 64 bytes. The unit wants the left operand as it is, 16 rows of 32 elements,
// and the right one in pairs: row p of a tile holds elements 2p and 2p + 1 of 16 columns. Seen as
// 32-bit pairs, the one is the other transposed; so packing is reading rows, interleaving two of
// them where they are stored by inner, and transposing 16 x 16 pairs where the other operand wants
// it.
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/tile_kernels.h"

namespace sage {
namespace {

constexpr std::int64_t kTile = kTileOuter * kTileInner;  // elements

bool supported() {
  static const bool granted = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    const bool avx512 = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1);
    const bool amx = (d >> 22 & 1) && (d >> 24 & 1);
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0) return false;
    const bool bf16 = a >> 5 & 1;
    // Linux hands the registers out on demand only (ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA).
    return avx512 && amx && bf16 && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  }();
  return granted;
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};

/// Eight full tiles, for the thread, as long as this lives.
class Tiles {
 public:
  Tiles() {
    TileConfig config;
    std::fill_n(config.row_bytes, 8, std::uint16_t{64});
    std::fill_n(config.rows, 8, std::uint8_t{16});
    _tile_loadconfig(&config);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

/// The lowest n of 32 bits, 0 <= n.
__mmask32 lowest(std::int64_t n) { return n >= 32 ? ~0u : (1u << n) - 1; }

/// Up to 32 elements of a row, from column on.
__m512i read(const PackArgs& args, std::int64_t row, std::int64_t column, std::int64_t count) {
  if (args.index != nullptr) row = args.index[row];
  const std::int64_t at = row * args.stride + column;
  const __mmask32 mask = lowest(count);
  if (args.type == DType::kBf16)
    return _mm512_maskz_loadu_epi16(mask, static_cast<const Bf16*>(args.from) + at);
  const float* from = static_cast<const float*>(args.from) + at;
  const __m512 low = _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), from);
  const __m512 high = _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> 16), from + 16);
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

/// Asks for the element of a row that lies ahead: rows are visited in strides that no hardware
/// prefetcher follows.
void fetch(const PackArgs& args, std::int64_t row, std::int64_t rows, std::int64_t column) {
  if (row >= rows) return;
  if (args.index != nullptr) row = args.index[row];
  const auto size = static_cast<std::int64_t>(size_of(args.type));
  _mm_prefetch(static_cast<const char*>(args.from) + (row * args.stride + column) * size,
               _MM_HINT_T0);
}

/// 16 x 16 elements of 32 bits.
void transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 16; i += 8)
    for (int j = 0; j < 4; ++j) {
      t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
      t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
    }
  for (int j = 0; j < 8; ++j) {
    r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
    r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
  }
}

/// Rows of a tile that are stored so: 16 rows of 32 elements.
void read_rows(const PackArgs& args, std::int64_t outer, std::int64_t inner, __m512i (&r)[16]) {
  for (std::int64_t i = 0; i < kTileOuter; ++i) {
    fetch(args, outer + i + kTileOuter, args.outer, inner);
    r[i] = outer + i < args.outer ? read(args, outer + i, inner, args.inner - inner)
                                  : _mm512_setzero_si512();
  }
}

/// Pairs of rows of 16 elements, interleaved: elements 2p and 2p + 1 of 16 columns.
void read_pairs(const PackArgs& args, std::int64_t outer, std::int64_t inner, __m512i (&r)[16]) {
  const std::int64_t columns = std::min(kTileOuter, args.outer - outer);
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  for (std::int64_t p = 0; p < kTileOuter; ++p) {
    fetch(args, inner + 2 * p + kTileInner, args.inner, outer);
    fetch(args, inner + 2 * p + 1 + kTileInner, args.inner, outer);
    __m512i both = _mm512_setzero_si512();
    if (inner + 2 * p < args.inner) both = read(args, inner + 2 * p, outer, columns);
    if (inner + 2 * p + 1 < args.inner)
      both = _mm512_inserti64x4(
          both, _mm512_castsi512_si256(read(args, inner + 2 * p + 1, outer, columns)), 1);
    r[p] = _mm512_permutexvar_epi16(order, both);
  }
}

template <Stored kAsIs>
void pack(const PackArgs& args) noexcept {
  __m512i r[16];
  Bf16* to = args.to;
  for (std::int64_t outer = 0; outer < args.outer; outer += kTileOuter)
    for (std::int64_t inner = 0; inner < args.inner; inner += kTileInner, to += kTile) {
      if (args.stored == Stored::kByOuter)
        read_rows(args, outer, inner, r);
      else
        read_pairs(args, outer, inner, r);
      if (args.stored != kAsIs) transpose(r);
      for (std::int64_t i = 0; i < 16; ++i) _mm512_store_si512(to + i * kTileInner, r[i]);
    }
}

constexpr std::int64_t kBlock = 2 * kTileOuter;  // rows and columns whose sums the registers hold

/// The sums of a block lie in `sums`, kBlock floats a row.
void store_block(const TileProductArgs& args, std::int64_t row, std::int64_t column,
                 const float* sums) {
  const std::int64_t rows = std::min(kBlock, args.rows - row);
  const __mmask32 mask = lowest(args.columns - column);
  const auto low = static_cast<__mmask16>(mask), high = static_cast<__mmask16>(mask >> 16);
  for (std::int64_t i = 0; i < rows; ++i, sums += kBlock) {
    const std::int64_t to = args.index != nullptr ? args.index[row + i] : row + i;
    const std::int64_t at = to * args.stride + column;
    __m512 a = _mm512_load_ps(sums), b = _mm512_load_ps(sums + 16);
    if (args.type == DType::kBf16) {
      _mm512_mask_storeu_epi16(static_cast<Bf16*>(args.out) + at, mask,
                               reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a)));
      continue;
    }
    float* const out = static_cast<float*>(args.out) + at;
    if (args.accumulate) {
      a = _mm512_add_ps(a, _mm512_maskz_loadu_ps(low, out));
      b = _mm512_add_ps(b, _mm512_maskz_loadu_ps(high, out + 16));
    }
    _mm512_mask_storeu_ps(out, low, a);
    _mm512_mask_storeu_ps(out + 16, high, b);
  }
}

std::int64_t inner_tiles(std::int64_t inner) { return (inner + kTileInner - 1) / kTileInner; }

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
  const std::int64_t right_steps = std::max(steps, inner_tiles(args.right_inner));
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
  store_block(args, row, column, sums);
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
