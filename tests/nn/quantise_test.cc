#include "nn/quantise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace sage {
namespace {

TEST(Quantise, ErrorsStayWithinHalfAStep) {
  Random random(1);
  constexpr std::size_t kColumns = 37, kRows = 20;
  std::vector<float> values(kRows * kColumns), back(kColumns);
  for (float& v : values) v = static_cast<float>(random.uniform() - 0.5);
  for (std::size_t i = 0; i < kColumns; ++i) values[3 * kColumns + i] = 0;  // a row of zeros
  for (const DType type : {DType::kF32, DType::kBf16, DType::kI8}) {
    const StoredMatrix stored = narrow(values, kColumns, type);
    ASSERT_EQ(stored.bytes.size(), values.size() * size_of(type));
    ASSERT_EQ(stored.scales.size(), type == DType::kI8 ? kRows : 0u);
    for (std::size_t row = 0; row < kRows; ++row) {
      const float scale = type == DType::kI8 ? stored.scales[row] : 1;
      widen(stored.bytes.data() + row * kColumns * size_of(type), scale, type, back);
      for (std::size_t i = 0; i < kColumns; ++i) {
        const float exact = values[row * kColumns + i];
        const float bound = type == DType::kF32    ? 0
                            : type == DType::kBf16 ? std::abs(exact) * 0x1.0p-8f
                                                   : scale * 0.5001f;
        ASSERT_LE(std::abs(back[i] - exact), bound);
      }
    }
  }
}

}  // namespace
}  // namespace sage
