#include "nn/quantise.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sage {
namespace {

template <class T>
std::vector<std::uint8_t> bytes_of(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

StoredMatrix narrow_to_int8(std::span<const float> values, std::int64_t columns) {
  StoredMatrix out;
  std::vector<std::int8_t> elements;
  elements.reserve(values.size());
  const auto width = static_cast<std::size_t>(columns);
  for (std::size_t at = 0; at < values.size(); at += width) {
    float largest = 0;
    for (std::size_t i = 0; i < width; ++i) largest = std::max(largest, std::abs(values[at + i]));
    const float inverse = largest > 0 ? 127 / largest : 0;
    for (std::size_t i = 0; i < width; ++i) {
      const float scaled = std::clamp(std::nearbyint(values[at + i] * inverse), -127.0f, 127.0f);
      elements.push_back(static_cast<std::int8_t>(scaled));
    }
    out.scales.push_back(largest / 127);
  }
  out.bytes = bytes_of(elements);
  return out;
}

struct Group {
  Bf16 scale{};
  double error = INFINITY;
};

int nearest(float value, float inverse) {
  const float scaled = value * inverse;
  if (std::isnan(scaled)) return 0;
  return static_cast<int>(std::clamp(std::nearbyint(scaled), -8.0f, 7.0f));
}

/// The best of some scales that put the largest value at -8, or a little within or beyond.
Group fit(std::span<const float> values) {
  const auto largest = std::max_element(values.begin(), values.end(),
                                        [](float a, float b) { return std::abs(a) < std::abs(b); });
  // Nothing that a scale could stand for: zeros, numbers next to none, broken ones.
  if (!(std::abs(*largest) > 1e-30f) || std::isinf(*largest)) return {to_bf16(0), 0};
  Group best;
  for (float steps = 6.5f; steps <= 9.0f; steps += 0.25f) {
    const Bf16 scale = to_bf16(*largest / -steps);
    const float width = to_float(scale);
    double error = 0;
    for (const float value : values) {
      const auto miss =
          static_cast<double>(value - width * static_cast<float>(nearest(value, 1 / width)));
      error += miss * miss;
    }
    if (error < best.error) best = {scale, error};
  }
  return best;
}

StoredMatrix narrow_to_int4(std::span<const float> values, std::int64_t columns) {
  const auto width = static_cast<std::size_t>(columns);
  const auto bytes = static_cast<std::size_t>(row_bytes(DType::kI4, columns));
  const std::size_t rows = values.size() / width;
  StoredMatrix out;
  out.bytes.assign(rows * bytes, 0x88);  // elements of zero
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t begin = 0; begin < width; begin += kGroupColumns) {
      const std::size_t count = std::min<std::size_t>(kGroupColumns, width - begin);
      const auto group = values.subspan(row * width + begin, count);
      const Bf16 scale = fit(group).scale;
      const float step = to_float(scale);
      out.group_scales.push_back(scale);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t column = begin + i;
        const int stored = 8 + (step == 0 ? 0 : nearest(group[i], 1 / step));
        std::uint8_t& byte = out.bytes[row * bytes + column / 8 * 4 + column % 4];
        byte = static_cast<std::uint8_t>(column % 8 < 4 ? (byte & 0xf0) | stored
                                                        : (byte & 0x0f) | stored << 4);
      }
    }
  return out;
}

}  // namespace

StoredMatrix narrow(std::span<const float> values, std::int64_t columns, DType type) {
  if (type == DType::kI8) return narrow_to_int8(values, columns);
  if (type == DType::kI4) return narrow_to_int4(values, columns);
  if (type == DType::kF32)
    return {bytes_of(std::vector<float>(values.begin(), values.end())), {}, {}};
  std::vector<Bf16> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), to_bf16);
  return {bytes_of(halves), {}, {}};
}

void widen(const void* row, const RowScales& scales, DType type, std::span<float> out) {
  switch (type) {
    case DType::kF32:
      std::memcpy(out.data(), row, out.size_bytes());
      return;
    case DType::kBf16: {
      const auto* elements = static_cast<const Bf16*>(row);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = to_float(elements[i]);
      return;
    }
    case DType::kI8: {
      const auto* elements = static_cast<const std::int8_t*>(row);
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = *scales.row * static_cast<float>(elements[i]);
      return;
    }
    case DType::kI4: {
      const auto* bytes = static_cast<const std::uint8_t*>(row);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const int byte = bytes[i / 8 * 4 + i % 4];
        const int element = (i % 8 < 4 ? byte & 15 : byte >> 4) - 8;
        out[i] = to_float(scales.groups[i / kGroupColumns]) * static_cast<float>(element);
      }
      return;
    }
  }
}

}  // namespace sage
