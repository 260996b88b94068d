// AVX-512 (F, BW, DQ, VL).
#include "kernels/isa/avx512_vec.h"

namespace sage {
namespace {

struct Vec : Avx512 {
  static constexpr int kBias = 0;

  static I quads(const std::int8_t* p) { return _mm512_loadu_si512(p); }
  /// Exact: |w| up to 128 times |x| up to 127, two of them, stay within 16 bits.
  static I dot4(I sum, I w, I x) {
    const I signed_x = _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(w), _mm512_setzero_si512(), x);
    const I pairs = _mm512_maddubs_epi16(_mm512_abs_epi8(w), signed_x);
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
  /// x unsigned. In 16 bits, since two products of bytes up to 255 and 127 would overflow those.
  static I dot4_unsigned(I sum, I w, I x) {
    const I even = _mm512_madd_epi16(_mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8),
                                     _mm512_and_si512(x, _mm512_set1_epi16(255)));
    const I odd = _mm512_madd_epi16(_mm512_srai_epi16(w, 8), _mm512_srli_epi16(x, 8));
    return _mm512_add_epi32(sum, _mm512_add_epi32(even, odd));
  }
};

bool supported() { return has_avx512(); }

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& avx512_kernels() {
  static constexpr KernelTable table = make_table("avx512", supported);
  return table;
}

}  // namespace sage
