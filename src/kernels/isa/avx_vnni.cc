// AVX2 with the products of bytes of AVX-VNNI.
#include "kernels/isa/avx2_vec.h"

namespace sage {
namespace {

struct Vec : Avx2 {
  static constexpr int kBias = 128;  // the instruction wants one operand unsigned: weights + 128

  static I quads(const std::int8_t* p) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm256_xor_si256(bytes, _mm256_set1_epi8(-128));
  }
  static I dot4(I sum, I w, I x) { return _mm256_dpbusd_avx_epi32(sum, w, x); }
  static I dot4_unsigned(I sum, I w, I x) { return _mm256_dpbusd_avx_epi32(sum, x, w); }
};

bool supported() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("avxvnni");
}

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& avx_vnni_kernels() {
  static constexpr KernelTable table = make_table("avx_vnni", supported);
  return table;
}

}  // namespace sage
