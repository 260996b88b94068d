// How matrices lie in memory for the kernels: in panels of kPanelRows rows, which stream from end
// to end in the order in which they are multiplied.
//
// A panel is a sequence of lines of kLineBytes. Line i holds, row after row, the elements
// [i g, (i + 1) g) of every row, g = elements_a_line(type): four bytes a row. One line is a vector
// register of the widest set, or a few of a narrower one, and needs one broadcast of g activations.
// Rows and elements that fill up the last panel and the last line are zeros. Weights, keys (rows:
// the keys of a page) and values (rows: the elements of a head) all lie like this.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/dtype.h"

namespace sage {

inline constexpr int kPanelRows = 16;
inline constexpr int kLineBytes = 64;

/// Elements of one row in a line: 1 of f32, 2 of bf16, 4 of int8, 8 of int4.
constexpr int elements_a_line(DType type) {
  return type == DType::kI4 ? 8 : 4 / static_cast<int>(size_of(type));
}

constexpr std::int64_t panel_count(std::int64_t rows) {
  return (rows + kPanelRows - 1) / kPanelRows;
}

/// Part `item` of `items` of some rows, [first, second): whole panels, which are whole cache lines
/// of floats, too.
constexpr std::pair<std::int64_t, std::int64_t> rows_of(std::int64_t rows, int item, int items) {
  const std::int64_t panels = panel_count(rows);
  return {std::min(rows, panels * item / items * kPanelRows),
          std::min(rows, panels * (item + 1) / items * kPanelRows)};
}

/// One panel of a matrix with `columns` columns.
constexpr std::int64_t panel_bytes(DType type, std::int64_t columns) {
  const int group = elements_a_line(type);
  return (columns + group - 1) / group * kLineBytes;
}

/// A whole matrix in panels.
constexpr std::int64_t panels_bytes(DType type, std::int64_t rows, std::int64_t columns) {
  return panel_count(rows) * panel_bytes(type, columns);
}

/// Where element (row, column) lies, in bytes from the start of the matrix's first panel. Not for
/// int4, whose elements share bytes.
constexpr std::int64_t panel_offset(DType type, std::int64_t columns, std::int64_t row,
                                    std::int64_t column) {
  const int group = elements_a_line(type);
  return row / kPanelRows * panel_bytes(type, columns) + column / group * kLineBytes +
         row % kPanelRows * 4 + column % group * static_cast<std::int64_t>(size_of(type));
}

}  // namespace sage
