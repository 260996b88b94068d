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

}  // namespace

StoredMatrix narrow(std::span<const float> values, std::int64_t columns, DType type) {
  if (type == DType::kI8) return narrow_to_int8(values, columns);
  if (type == DType::kF32) return {bytes_of(std::vector<float>(values.begin(), values.end())), {}};
  std::vector<Bf16> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), to_bf16);
  return {bytes_of(halves), {}};
}

void widen(const void* row, float scale, DType type, std::span<float> out) {
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
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = scale * static_cast<float>(elements[i]);
      return;
    }
  }
}

}  // namespace sage
