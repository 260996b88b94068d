// AVX2 with fused multiply-add.
#include "kernels/isa/avx2_vec.h"

namespace sage {
namespace {

struct Vec : Avx2 {
  static constexpr int kBias = 0;

  static I quads(const std::int8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  /// Exact: |w| up to 128 times |x| up to 127, two of them, stay within 16 bits.
  static I dot4(I sum, I w, I x) {
    const I pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  /// x unsigned. In 16 bits, since two products of bytes up to 255 and 127 would overflow those.
  static I dot4_unsigned(I sum, I w, I x) {
    const I even = _mm256_madd_epi16(_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8),
                                     _mm256_and_si256(x, _mm256_set1_epi16(255)));
    const I odd = _mm256_madd_epi16(_mm256_srai_epi16(w, 8), _mm256_srli_epi16(x, 8));
    return _mm256_add_epi32(sum, _mm256_add_epi32(even, odd));
  }
};

bool supported() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable table = make_table("avx2", supported);
  return table;
}

}  // namespace sage
