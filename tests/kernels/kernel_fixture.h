// Every test of a kernel runs once for each instruction set that this processor has.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/kernel_table.h"

namespace sage::test {

/// A row-major matrix in panels, element by element.
inline std::vector<std::uint8_t> in_panels(DType type, std::int64_t rows, std::int64_t columns,
                                           const void* matrix) {
  std::vector<std::uint8_t> panels(static_cast<std::size_t>(panels_bytes(type, rows, columns)));
  const auto size = static_cast<std::int64_t>(size_of(type));
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      std::memcpy(&panels[static_cast<std::size_t>(panel_offset(type, columns, r, c))],
                  static_cast<const std::uint8_t*>(matrix) + (r * columns + c) * size,
                  size_of(type));
  return panels;
}

class KernelTest : public testing::TestWithParam<const KernelTable*> {
 protected:
  const KernelTable& kernels() const { return *GetParam(); }

  /// Uniform in [-scale, scale).
  std::vector<float> floats(std::size_t count, float scale = 1) {
    std::vector<float> values(count);
    for (float& value : values) value = scale * static_cast<float>(2 * random_.uniform() - 1);
    return values;
  }
  int between(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<std::uint32_t>(high - low + 1)));
  }

  Random random_{1};
};

#define SAGE_FOR_ALL_KERNELS(suite)                                                  \
  INSTANTIATE_TEST_SUITE_P(Isa, suite, testing::ValuesIn(sage::supported_kernels()), \
                           [](const auto& table) { return std::string(table.param->name); })

}  // namespace sage::test
