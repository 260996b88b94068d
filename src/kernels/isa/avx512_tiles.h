// What the sets of tiles with AVX-512 share: packing operands, and writing a row of sums.
//
// Seen as 32-bit pairs, a packed left tile is 16 rows of 16 pairs of elements, and a right one is
// that transposed: row p holds elements 2p and 2p + 1 of 16 columns. So packing is reading rows,
// interleaving two of them where they are stored by inner, and transposing 16 x 16 pairs where the
// other operand wants it.
//
// Everything here has internal linkage, as in vectors.h and for the same reason.
#pragma once

#include <immintrin.h>

#include "kernels/isa/avx512_vec.h"
#include "kernels/tile_kernels.h"

namespace sage {
namespace {

constexpr std::int64_t kTile = kTileOuter * kTileInner;  // elements
constexpr std::int64_t kBlockColumns = 2 * kTileOuter;   // whose sums are written together

inline bool has_avx512_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }

inline std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

/// As in packed_size(), which must not be called from here.
inline std::int64_t inner_tiles(std::int64_t inner) {
  return (inner + kTileInner - 1) / kTileInner;
}

/// Tiles of a panel of the right operand, which may have been packed with more than is summed over.
inline std::int64_t right_tiles(const TileProductArgs& args) {
  const std::int64_t tiles = inner_tiles(args.inner), packed = inner_tiles(args.right_inner);
  return packed > tiles ? packed : tiles;
}

/// The lowest n of 32 bits, 0 <= n.
inline __mmask32 lowest(std::int64_t n) { return n >= 32 ? ~0u : (1u << n) - 1; }

/// Up to 32 elements of a row, from column on.
inline __m512i read(const PackArgs& args, std::int64_t row, std::int64_t column,
                    std::int64_t count) {
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
inline void fetch(const PackArgs& args, std::int64_t row, std::int64_t rows, std::int64_t column) {
  if (row >= rows) return;
  if (args.index != nullptr) row = args.index[row];
  const std::int64_t size = args.type == DType::kF32 ? 4 : 2;
  _mm_prefetch(static_cast<const char*>(args.from) + (row * args.stride + column) * size,
               _MM_HINT_T0);
}

/// 16 x 16 elements of 32 bits.
inline void transpose(__m512i (&r)[16]) {
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
inline void read_rows(const PackArgs& args, std::int64_t outer, std::int64_t inner,
                      __m512i (&r)[16]) {
  for (std::int64_t i = 0; i < kTileOuter; ++i) {
    fetch(args, outer + i + kTileOuter, args.outer, inner);
    r[i] = outer + i < args.outer ? read(args, outer + i, inner, args.inner - inner)
                                  : _mm512_setzero_si512();
  }
}

/// Pairs of rows of 16 elements, interleaved: elements 2p and 2p + 1 of 16 columns.
inline void read_pairs(const PackArgs& args, std::int64_t outer, std::int64_t inner,
                       __m512i (&r)[16]) {
  const std::int64_t columns = smaller(kTileOuter, args.outer - outer);
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

/// Writes the sums of kBlockColumns columns of a row, as many as there are, from `column` on.
inline void write_row(const TileProductArgs& args, std::int64_t row, std::int64_t column, __m512 a,
                      __m512 b) {
  const __mmask32 mask = lowest(args.columns - column);
  const auto low = static_cast<__mmask16>(mask), high = static_cast<__mmask16>(mask >> 16);
  const std::int64_t to = args.index != nullptr ? args.index[row] : row;
  const std::int64_t at = to * args.stride + column;
  if (args.type == DType::kBf16) {
    _mm512_mask_storeu_epi16(static_cast<Bf16*>(args.out) + at, mask,
                             reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a)));
    return;
  }
  float* const out = static_cast<float*>(args.out) + at;
  if (args.accumulate) {
    a = _mm512_add_ps(a, _mm512_maskz_loadu_ps(low, out));
    b = _mm512_add_ps(b, _mm512_maskz_loadu_ps(high, out + 16));
  }
  _mm512_mask_storeu_ps(out, low, a);
  _mm512_mask_storeu_ps(out + 16, high, b);
}

}  // namespace
}  // namespace sage
