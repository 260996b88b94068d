// Every test of a kernel runs once for each instruction set that this processor has.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/kernel_table.h"

namespace sage::test {

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
