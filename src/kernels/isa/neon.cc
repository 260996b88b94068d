// NEON of AArch64: 4 floats, 32 registers.
#include <arm_neon.h>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

struct Vec {
  using F = float32x4_t;
  using I = int32x4_t;
  static constexpr int kWidth = 4;
  static constexpr int kTileTokens = 4;
  static constexpr int kTilePanels = 1;
  static constexpr int kBias = 0;

  static F set(float x) { return vdupq_n_f32(x); }
  static F load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, F v) { vst1q_f32(p, v); }
  static void store(Bf16* p, F v) {  // as to_bf16(); infinities stay, NaN stays NaN
    const uint32x4_t bits = vreinterpretq_u32_f32(v);
    const uint32x4_t upper = vshrq_n_u32(bits, 16);
    const uint32x4_t odd = vandq_u32(upper, vdupq_n_u32(1));
    const uint32x4_t bias = vaddq_u32(odd, vdupq_n_u32(0x7fff));
    const uint32x4_t rounded = vshrq_n_u32(vaddq_u32(bits, bias), 16);
    const uint32x4_t quiet = vorrq_u32(upper, vdupq_n_u32(0x40));
    const uint32x4_t result = vbslq_u32(vceqq_f32(v, v), rounded, quiet);
    vst1_u16(reinterpret_cast<std::uint16_t*>(p), vmovn_u32(result));
  }
  static void store(std::int8_t* p, F v) {  // integral, -128..127
    const int16x4_t shorts = vqmovn_s32(vcvtq_s32_f32(v));
    const int8x8_t bytes = vqmovn_s16(vcombine_s16(shorts, shorts));
    const std::int32_t four = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    __builtin_memcpy(p, &four, sizeof four);
  }
  static void store(std::uint8_t* p, F v) {  // integral, 0..255
    const uint16x4_t shorts = vqmovn_u32(vcvtq_u32_f32(v));
    const uint8x8_t bytes = vqmovn_u16(vcombine_u16(shorts, shorts));
    const std::uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
    __builtin_memcpy(p, &four, sizeof four);
  }
  // The elements of each row to a vector each, first to last.
  static void widen(const float* p, F (&w)[1]) { w[0] = load(p); }
  static void widen(const Bf16* p, F (&w)[2]) {
    const uint32x4_t pairs =
        vreinterpretq_u32_u16(vld1q_u16(reinterpret_cast<const std::uint16_t*>(p)));
    w[0] = vreinterpretq_f32_u32(vshlq_n_u32(pairs, 16));
    w[1] = vreinterpretq_f32_u32(vandq_u32(pairs, vdupq_n_u32(0xffff0000)));
  }
  static void widen(const std::int8_t* p, F (&w)[4]) {
    const int32x4_t bytes = quads(p);
    w[0] = vcvtq_f32_s32(vshrq_n_s32(vshlq_n_s32(bytes, 24), 24));
    w[1] = vcvtq_f32_s32(vshrq_n_s32(vshlq_n_s32(bytes, 16), 24));
    w[2] = vcvtq_f32_s32(vshrq_n_s32(vshlq_n_s32(bytes, 8), 24));
    w[3] = vcvtq_f32_s32(vshrq_n_s32(bytes, 24));
  }
  static F add(F a, F b) { return vaddq_f32(a, b); }
  static F sub(F a, F b) { return vsubq_f32(a, b); }
  static F mul(F a, F b) { return vmulq_f32(a, b); }
  static F div(F a, F b) { return vdivq_f32(a, b); }
  static F fma(F a, F b, F c) { return vfmaq_f32(c, a, b); }
  static F max(F a, F b) { return vmaxq_f32(a, b); }
  static F min(F a, F b) { return vminq_f32(a, b); }
  static F round(F a) { return vrndnq_f32(a); }
  static F power_of_two(F n) {  // n integral, -126..127
    const int32x4_t biased = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
    return vreinterpretq_f32_s32(vshlq_n_s32(biased, 23));
  }
  /// p times two to the power of the integer in the low bits of `shifted`.
  static F add_to_exponent(F p, F shifted) {
    const int32x4_t power = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), power));
  }
  // Over all lanes, to all lanes.
  static F sum_of_all(F v) { return vdupq_n_f32(vaddvq_f32(v)); }
  static F max_of_all(F v) { return vdupq_n_f32(vmaxvq_f32(v)); }
  static float first(F v) { return vgetq_lane_f32(v, 0); }
  static float sum(F v) { return vaddvq_f32(v); }
  static float max_across(F v) { return vmaxvq_f32(v); }

  // Four bytes of one row to a lane.
  static I set_int(std::int32_t x) { return vdupq_n_s32(x); }
  static I sub_int(I a, I b) { return vsubq_s32(a, b); }
  static F to_float(I x) { return vcvtq_f32_s32(x); }
  // Bytes of two halves each, 0..15, as four bytes of one row to a lane.
  static void halves(const std::uint8_t* p, I& low, I& high) {
    const uint8x16_t bytes = vld1q_u8(p);
    low = vreinterpretq_s32_u8(vandq_u8(bytes, vdupq_n_u8(15)));
    high = vreinterpretq_s32_u8(vshrq_n_u8(bytes, 4));
  }
  static I spread(const std::int8_t* x) {
    std::int32_t quad;
    __builtin_memcpy(&quad, x, sizeof quad);
    return vdupq_n_s32(quad);
  }
  static I quads(const std::int8_t* p) { return vreinterpretq_s32_s8(vld1q_s8(p)); }
  static I bytes(const std::int8_t* p) { return quads(p); }
  static I dot4(I sum, I w, I x) {
    const int8x16_t ws = vreinterpretq_s8_s32(w), xs = vreinterpretq_s8_s32(x);
    const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(ws), vget_low_s8(xs)));
    const int32x4_t high = vpaddlq_s16(vmull_high_s8(ws, xs));
    return vaddq_s32(sum, vpaddq_s32(low, high));
  }
  static I dot4_unsigned(I sum, I w, I x) {  // x unsigned
    const int8x16_t ws = vreinterpretq_s8_s32(w);
    const uint8x16_t xs = vreinterpretq_u8_s32(x);
    const auto rows = [](int16x8_t a, int16x8_t b) {  // two rows, two sums of each
      return vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
    };
    const int32x4_t low =
        rows(vmovl_s8(vget_low_s8(ws)), vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(xs))));
    const int32x4_t high = rows(vmovl_high_s8(ws), vreinterpretq_s16_u16(vmovl_high_u8(xs)));
    return vaddq_s32(sum, vpaddq_s32(low, high));
  }
};

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& neon_kernels() {
  // Every AArch64 processor that runs a general-purpose system has NEON.
  static constexpr KernelTable table = make_table("neon", [] { return true; });
  return table;
}

}  // namespace sage
