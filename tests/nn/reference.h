// The decoder once more: slow, in double, without cache, blocks, kernels or threads, straight from
// the formulas in nn/tensor_spec.h and nn/kv_cache.h. The engine is measured against it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/weights.h"

namespace sage::test {

/// Logits after every step, (steps, S, V). `window` 0: the config's. `next`: see
/// Model::forward_all().
std::vector<double> reference_logits(const Weights& weights, std::span<const std::int32_t> ids,
                                     int window = 0, std::span<const std::int32_t> next = {});

}  // namespace sage::test
