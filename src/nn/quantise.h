// Weights between element types: f32, bfloat16 and int8 rows with one f32 scale each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dtype.h"

namespace sage {

/// A matrix as it is stored. I8: value = scale of its row * element, scale = max |row| / 127.
struct StoredMatrix {
  std::vector<std::uint8_t> bytes;
  std::vector<float> scales;  // (rows); I8 only
};

/// Rounds to the nearest in the target type. `values` is (rows, columns), `columns` > 0.
StoredMatrix narrow(std::span<const float> values, std::int64_t columns, DType type);

/// out[i] = the value of element i of one row, exactly. `scale` matters for I8 only.
void widen(const void* row, float scale, DType type, std::span<float> out);

}  // namespace sage
