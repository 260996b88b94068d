// The decoder once more: slow, in double, without cache, blocks, kernels or threads, straight from
// the formulas in nn/tensor_spec.h and nn/kv_cache.h. The engine is measured against it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/weights.h"

namespace sage::test {

/// Logits after every token, (ids, V). `window` 0: the config's.
std::vector<double> reference_logits(const Weights& weights, std::span<const std::int32_t> ids,
                                     int window = 0);

}  // namespace sage::test
