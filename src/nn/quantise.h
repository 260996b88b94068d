// Weights between element types: f32, bfloat16, int8 rows with one f32 scale each, and int4 in
// groups of columns with one bfloat16 scale each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dtype.h"

namespace sage {

/// A matrix as it is stored: rows of row_bytes(). I8: value = scale of its row * element, scale =
/// max |row| / 127. I4: value = scale of its group * element, the element being -8..7; of several
/// scales near max |group| / 8 the one with the least squared error.
struct StoredMatrix {
  std::vector<std::uint8_t> bytes;
  std::vector<float> scales;       // (rows); I8 only
  std::vector<Bf16> group_scales;  // (rows, group_count(columns)); I4 only
};

/// Rounds to the nearest in the target type. `values` is (rows, columns), `columns` > 0.
StoredMatrix narrow(std::span<const float> values, std::int64_t columns, DType type);

/// The scales of one row: one of I8, as many as there are groups of I4, none of the others.
struct RowScales {
  const float* row = nullptr;
  const Bf16* groups = nullptr;
};

/// out[i] = the value of element i of one row, exactly.
void widen(const void* row, const RowScales& scales, DType type, std::span<float> out);

}  // namespace sage
