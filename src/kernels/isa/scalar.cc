// One float at a time, without fused multiply-adds: the truth that the other sets are compared
// with, and the same bits on every machine.
#include <cmath>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

struct Vec {
  using F = float;
  using I = std::int32_t;
  static constexpr int kWidth = 1;
  static constexpr int kTileTokens = 4;
  static constexpr int kTilePanels = 1;
  static constexpr int kBias = 0;

  static F set(float x) { return x; }
  static F load(const float* p) { return *p; }
  static void store(float* p, F v) { *p = v; }
  static void store(Bf16* p, F v) { *p = to_bf16(v); }
  static void store(std::int8_t* p, F v) { *p = static_cast<std::int8_t>(v); }
  static void store(std::uint8_t* p, F v) { *p = static_cast<std::uint8_t>(v); }
  static void widen(const float* p, F (&w)[1]) { w[0] = *p; }
  static void widen(const Bf16* p, F (&w)[2]) {
    for (int i = 0; i < 2; ++i) w[i] = sage::to_float(p[i]);
  }
  static void widen(const std::int8_t* p, F (&w)[4]) {
    for (int i = 0; i < 4; ++i) w[i] = static_cast<float>(p[i]);
  }
  static F add(F a, F b) { return a + b; }
  static F sub(F a, F b) { return a - b; }
  static F mul(F a, F b) { return a * b; }
  static F div(F a, F b) { return a / b; }
  static F fma(F a, F b, F c) { return a * b + c; }
  static F max(F a, F b) { return a > b ? a : b; }
  static F min(F a, F b) { return a < b ? a : b; }
  static F round(F a) { return std::nearbyint(a); }
  static F power_of_two(F n) {  // n integral, -126..127
    return std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
  }
  /// p times two to the power of the integer in the low bits of `shifted`.
  static F add_to_exponent(F p, F shifted) {
    const auto power = std::bit_cast<std::uint32_t>(shifted) << 23;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + power);
  }
  // Over all lanes, to all lanes.
  static F sum_of_all(F v) { return v; }
  static F max_of_all(F v) { return v; }
  static float first(F v) { return v; }
  static float sum(F v) { return v; }
  static float max_across(F v) { return v; }

  // Four bytes of one row to a lane.
  static I set_int(std::int32_t x) { return x; }
  static I sub_int(I a, I b) { return a - b; }
  static F to_float(I x) { return static_cast<float>(x); }
  // Bytes of two halves each, 0..15, as four bytes of one row.
  static void halves(const std::uint8_t* p, I& low, I& high) {
    std::uint32_t bytes;
    __builtin_memcpy(&bytes, p, sizeof bytes);
    low = static_cast<I>(bytes & 0x0f0f0f0fu);
    high = static_cast<I>(bytes >> 4 & 0x0f0f0f0fu);
  }
  static I spread(const std::int8_t* x) { return quads(x); }
  static I quads(const std::int8_t* p) {
    I quad;
    __builtin_memcpy(&quad, p, sizeof quad);
    return quad;
  }
  static I bytes(const std::int8_t* p) { return quads(p); }
  static I dot4(I sum, I w, I x) {
    std::int8_t ws[4], xs[4];
    __builtin_memcpy(ws, &w, sizeof ws);
    __builtin_memcpy(xs, &x, sizeof xs);
    for (int i = 0; i < 4; ++i) sum += ws[i] * xs[i];
    return sum;
  }
  static I dot4_unsigned(I sum, I w, I x) {
    std::int8_t ws[4];
    std::uint8_t xs[4];
    __builtin_memcpy(ws, &w, sizeof ws);
    __builtin_memcpy(xs, &x, sizeof xs);
    for (int i = 0; i < 4; ++i) sum += ws[i] * xs[i];
    return sum;
  }
};

}  // namespace
}  // namespace sage

#include "kernels/isa/kernels.h"

namespace sage {

const KernelTable& scalar_kernels() {
  static constexpr KernelTable table = make_table("scalar", [] { return true; });
  return table;
}

}  // namespace sage
