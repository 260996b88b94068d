// The vectors that every set with AVX-512 (F, BW, DQ, VL) shares: 16 floats, 32 registers.
#pragma once

#include <immintrin.h>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

struct Avx512 {
  using F = __m512;
  using I = __m512i;
  static constexpr int kWidth = 16;
  static constexpr int kTileTokens = 8;
  static constexpr int kTilePanels = 2;

  static F set(float x) { return _mm512_set1_ps(x); }
  static F load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, F v) { _mm512_storeu_ps(p, v); }
  static void store(Bf16* p, F v) {  // as to_bf16(); infinities stay, NaN stays NaN
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i upper = _mm512_srli_epi32(bits, 16);
    const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
    const __m512i bias = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff));
    const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, bias), 16);
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    const __m512i result = _mm512_mask_or_epi32(rounded, nan, upper, _mm512_set1_epi32(0x40));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(result));
  }
  static void store(std::int8_t* p, F v) {  // integral, -128..127
    const __m128i bytes = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
  }
  static void store(std::uint8_t* p, F v) {  // integral, 0..255
    const __m128i bytes = _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(v));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
  }
  // The elements of each row to a vector each, first to last.
  static void widen(const float* p, F (&w)[1]) { w[0] = load(p); }
  static void widen(const Bf16* p, F (&w)[2]) {
    const __m512i pairs = _mm512_loadu_si512(p);
    w[0] = _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
    w[1] = _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(-65536)));
  }
  static void widen(const std::int8_t* p, F (&w)[4]) {
    const __m512i bytes = _mm512_loadu_si512(p);
    w[0] = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(bytes, 24), 24));
    w[1] = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(bytes, 16), 24));
    w[2] = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(bytes, 8), 24));
    w[3] = _mm512_cvtepi32_ps(_mm512_srai_epi32(bytes, 24));
  }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F div(F a, F b) { return _mm512_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F round(F a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static F power_of_two(F n) {  // n integral, -126..127
    const __m512i biased = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(biased, 23));
  }
  /// p times two to the power of the integer in the low bits of `shifted`.
  static F add_to_exponent(F p, F shifted) {
    const __m512i power = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), power));
  }
  // Over all lanes, to all lanes.
  static F sum_of_all(F v) {
    v = add(v, _mm512_shuffle_f32x4(v, v, 0x4e));
    v = add(v, _mm512_shuffle_f32x4(v, v, 0xb1));
    v = add(v, _mm512_permute_ps(v, 0x4e));
    return add(v, _mm512_permute_ps(v, 0xb1));
  }
  static F max_of_all(F v) {
    v = max(v, _mm512_shuffle_f32x4(v, v, 0x4e));
    v = max(v, _mm512_shuffle_f32x4(v, v, 0xb1));
    v = max(v, _mm512_permute_ps(v, 0x4e));
    return max(v, _mm512_permute_ps(v, 0xb1));
  }
  static float first(F v) { return _mm512_cvtss_f32(v); }
  static float sum(F v) { return _mm512_reduce_add_ps(v); }
  static float max_across(F v) { return _mm512_reduce_max_ps(v); }

  // Four bytes of one row to a lane.
  static I set_int(std::int32_t x) { return _mm512_set1_epi32(x); }
  static I sub_int(I a, I b) { return _mm512_sub_epi32(a, b); }
  static F to_float(I x) { return _mm512_cvtepi32_ps(x); }
  // Bytes of two halves each, 0..15, as four bytes of one row to a lane.
  static void halves(const std::uint8_t* p, I& low, I& high) {
    const I bytes = _mm512_loadu_si512(p), mask = _mm512_set1_epi8(15);
    low = _mm512_and_si512(bytes, mask);
    high = _mm512_and_si512(_mm512_srli_epi32(bytes, 4), mask);
  }
  static I bytes(const std::int8_t* p) { return _mm512_loadu_si512(p); }
  static I spread(const std::int8_t* x) {
    std::int32_t quad;
    __builtin_memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
  }
};

inline bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}

}  // namespace
}  // namespace sage
