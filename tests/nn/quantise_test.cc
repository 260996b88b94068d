#include "nn/quantise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/random.h"

namespace sage {
namespace {

TEST(Quantise, ErrorsStayWithinHalfAStep) {
  Random random(1);
  constexpr std::size_t kColumns = 37, kRows = 20;
  std::vector<float> values(kRows * kColumns), back(kColumns);
  for (float& v : values) v = static_cast<float>(random.uniform() - 0.5);
  for (std::size_t i = 0; i < kColumns; ++i) values[3 * kColumns + i] = 0;  // a row of zeros
  constexpr auto kGroups = static_cast<std::size_t>(group_count(kColumns));
  for (const DType type : {DType::kF32, DType::kBf16, DType::kI8, DType::kI4}) {
    const StoredMatrix stored = narrow(values, kColumns, type);
    const auto bytes = static_cast<std::size_t>(row_bytes(type, kColumns));
    ASSERT_EQ(stored.bytes.size(), kRows * bytes);
    ASSERT_EQ(stored.scales.size(), type == DType::kI8 ? kRows : 0u);
    ASSERT_EQ(stored.group_scales.size(), type == DType::kI4 ? kRows * kGroups : 0u);
    for (std::size_t row = 0; row < kRows; ++row) {
      RowScales scales;
      if (type == DType::kI8) scales.row = &stored.scales[row];
      if (type == DType::kI4) scales.groups = &stored.group_scales[row * kGroups];
      widen(stored.bytes.data() + row * bytes, scales, type, back);
      for (std::size_t i = 0; i < kColumns; ++i) {
        const float exact = values[row * kColumns + i];
        // The best scale of a group may cut off what lies up to a step and a half beyond -8 or 7.
        const float bound = type == DType::kF32    ? 0
                            : type == DType::kBf16 ? std::abs(exact) * 0x1.0p-8f
                            : type == DType::kI8
                                ? *scales.row * 0.5001f
                                : std::abs(to_float(scales.groups[i / kGroupColumns])) * 1.51f;
        ASSERT_LE(std::abs(back[i] - exact), bound);
      }
    }
  }
}

TEST(Quantise, BrokenAndTinyWeightsBecomeInt4WithoutHarmToOthers) {
  for (const float odd : {1e-40f, NAN, INFINITY, -INFINITY}) {
    std::vector<float> values(2 * kGroupColumns, 0.5f), back(kGroupColumns);
    for (std::size_t i = 0; i < kGroupColumns; ++i) values[i] = i % 3 == 0 ? odd : 0;
    const StoredMatrix stored = narrow(values, kGroupColumns, DType::kI4);
    widen(&stored.bytes[kGroupColumns / 2], {nullptr, &stored.group_scales[1]}, DType::kI4, back);
    for (const float v : back) EXPECT_NEAR(v, 0.5f, 0.01f);
    widen(stored.bytes.data(), {nullptr, &stored.group_scales[0]}, DType::kI4, back);
    for (const float v : back) EXPECT_TRUE(std::isfinite(v)) << odd;
  }
}

TEST(Quantise, AGroupOfInt4IsNoWorseThanWithTheScaleOfItsLargestValue) {
  Random random(2);
  std::vector<float> values(40 * kGroupColumns), back(values.size());
  for (float& v : values) v = static_cast<float>(random.uniform() + random.uniform() - 1);
  const StoredMatrix stored = narrow(values, kGroupColumns, DType::kI4);
  for (std::size_t row = 0; row < stored.group_scales.size(); ++row) {
    const auto exact = std::span(values).subspan(row * kGroupColumns, kGroupColumns);
    const auto got = std::span(back).subspan(row * kGroupColumns, kGroupColumns);
    widen(&stored.bytes[row * kGroupColumns / 2], {nullptr, &stored.group_scales[row]}, DType::kI4,
          got);
    float largest = 0;
    for (const float v : exact) largest = std::abs(v) > std::abs(largest) ? v : largest;
    const float plain = to_float(to_bf16(largest / -8));
    double error = 0, plain_error = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
      error += std::pow(static_cast<double>(got[i] - exact[i]), 2);
      const float rounded = plain * std::clamp(std::nearbyint(exact[i] / plain), -8.0f, 7.0f);
      plain_error += std::pow(static_cast<double>(rounded - exact[i]), 2);
    }
    EXPECT_LE(error, plain_error * 1.000001);
  }
}

}  // namespace
}  // namespace sage
