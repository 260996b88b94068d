// AVX-512 with the products of bytes of VNNI.
#include "kernels/isa/avx512_vec.h"

namespace sage {
namespace {

struct Vec : Avx512 {
  static constexpr int kBias = 128;  // the instruction wants one operand unsigned: weights + 128

  static I quads(const std::int8_t* p) {
    return _mm512_xor_si512(_mm512_loadu_si512(p), _mm512_set1_epi8(-128));
  }
  static I dot4(I sum, I w, I x) { return _mm512_dpbusd_epi32(sum, w, x); }
  static I dot4_unsigned(I sum, I w, I x) { return _mm512_dpbusd_epi32(sum, x, w); }
};

bool supported() { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& avx512_vnni_kernels() {
  static constexpr KernelTable table = make_table("avx512_vnni", supported);
  return table;
}

}  // namespace sage
