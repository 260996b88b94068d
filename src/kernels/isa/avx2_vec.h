// The vectors that every set with AVX2 and fused multiply-add shares: 8 floats, 16 registers.
#pragma once

#include <immintrin.h>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

struct Avx2 {
  using F = __m256;
  using I = __m256i;
  static constexpr int kWidth = 8;
  static constexpr int kTileTokens = 4;
  static constexpr int kTilePanels = 1;

  static F set(float x) { return _mm256_set1_ps(x); }
  static F load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, F v) { _mm256_storeu_ps(p, v); }
  static void store(Bf16* p, F v) {  // as to_bf16(); infinities stay, NaN stays NaN
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i upper = _mm256_srli_epi32(bits, 16);
    const __m256i odd = _mm256_and_si256(upper, _mm256_set1_epi32(1));
    const __m256i bias = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, bias), 16);
    const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    const __m256i result = _mm256_blendv_epi8(rounded, quiet, nan);
    const __m128i packed =
        _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
  }
  static void store(std::int8_t* p, F v) {  // integral, -128..127
    const __m256i ints = _mm256_cvtps_epi32(v);
    const __m128i shorts =
        _mm_packs_epi32(_mm256_castsi256_si128(ints), _mm256_extracti128_si256(ints, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(shorts, shorts));
  }
  static void store(std::uint8_t* p, F v) {  // integral, 0..255
    const __m256i ints = _mm256_cvtps_epi32(v);
    const __m128i shorts =
        _mm_packs_epi32(_mm256_castsi256_si128(ints), _mm256_extracti128_si256(ints, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(shorts, shorts));
  }
  // The elements of each row to a vector each, first to last.
  static void widen(const float* p, F (&w)[1]) { w[0] = load(p); }
  static void widen(const Bf16* p, F (&w)[2]) {
    const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    w[0] = _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
    w[1] = _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(-65536)));
  }
  static void widen(const std::int8_t* p, F (&w)[4]) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    w[0] = _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(bytes, 24), 24));
    w[1] = _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(bytes, 16), 24));
    w[2] = _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(bytes, 8), 24));
    w[3] = _mm256_cvtepi32_ps(_mm256_srai_epi32(bytes, 24));
  }
  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F div(F a, F b) { return _mm256_div_ps(a, b); }
  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F round(F a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static F power_of_two(F n) {  // n integral, -126..127
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
  }
  /// p times two to the power of the integer in the low bits of `shifted`.
  static F add_to_exponent(F p, F shifted) {
    const __m256i power = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
  }
  // Over all lanes, to all lanes.
  static F sum_of_all(F v) {
    v = add(v, _mm256_permute2f128_ps(v, v, 1));
    v = add(v, _mm256_permute_ps(v, 0x4e));
    return add(v, _mm256_permute_ps(v, 0xb1));
  }
  static F max_of_all(F v) {
    v = max(v, _mm256_permute2f128_ps(v, v, 1));
    v = max(v, _mm256_permute_ps(v, 0x4e));
    return max(v, _mm256_permute_ps(v, 0xb1));
  }
  static float first(F v) { return _mm256_cvtss_f32(v); }
  static float sum(F v) {
    const __m128 halves = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 pairs = _mm_add_ps(halves, _mm_movehl_ps(halves, halves));
    return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)));
  }
  static float max_across(F v) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
  }

  // Four bytes of one row to a lane.
  static I set_int(std::int32_t x) { return _mm256_set1_epi32(x); }
  static I sub_int(I a, I b) { return _mm256_sub_epi32(a, b); }
  static F to_float(I x) { return _mm256_cvtepi32_ps(x); }
  // Bytes of two halves each, 0..15, as four bytes of one row to a lane.
  static void halves(const std::uint8_t* p, I& low, I& high) {
    const I bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    const I mask = _mm256_set1_epi8(15);
    low = _mm256_and_si256(bytes, mask);
    high = _mm256_and_si256(_mm256_srli_epi32(bytes, 4), mask);
  }
  static I bytes(const std::int8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static I spread(const std::int8_t* x) {
    std::int32_t quad;
    __builtin_memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi32(quad);
  }
};

}  // namespace
}  // namespace sage
