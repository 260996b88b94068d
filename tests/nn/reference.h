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

/// The attention of every layer, token and query head, (L, ids, h): what it gives to each key that
/// it may see, oldest first.
std::vector<std::vector<double>> reference_attention(const Weights& weights,
                                                     std::span<const std::int32_t> ids);

}  // namespace sage::test
