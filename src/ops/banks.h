// Which bank of weights each row of a batch goes through. A plain value; torch_ops.h makes it.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/torch_compat.h"

namespace sage::ops {

/// Which rows go through which bank of a linear layer: sorted by bank, the order of the rows.
struct Banks {
  torch::Tensor order, inverse;      // (N) of int64: the rows sorted by bank, and back
  torch::Tensor rows;                // (N) of int32: order once more
  std::vector<std::int64_t> counts;  // (A): rows of each bank
};

}  // namespace sage::ops
