// One float at a time, without fused multiply-adds: the truth that the other sets are compared
// with, and the same bits on every machine.
#include <cmath>

#include "kernels/kernel_table.h"

namespace sage {
namespace {

struct Vec {
  using F = float;
  static constexpr int kWidth = 1;
  static constexpr int kTileTokens = 4;

  static F set(float x) { return x; }
  static F load(const float* p) { return *p; }
  static F load(const Bf16* p) { return to_float(*p); }
  static F load(const std::int8_t* p) { return static_cast<float>(*p); }
  static void store(float* p, F v) { *p = v; }
  static void store(Bf16* p, F v) { *p = to_bf16(v); }
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
  static void sum4(F a, F b, F c, F d, float* out) {
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
  }
  static float max_across(F v) { return v; }
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
