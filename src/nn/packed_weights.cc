#include "nn/packed_weights.h"

#include <algorithm>
#include <cstring>

namespace sage {
namespace {

constexpr std::int64_t round_up(std::int64_t n) {
  return (n + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::int64_t scales_bytes(const Linear& linear) {
  if (linear.group_scales != nullptr)
    return linear.banks * panels_bytes(DType::kBf16, linear.out, group_count(linear.in));
  if (linear.scales == nullptr) return 0;
  return round_up(linear.banks * panel_count(linear.out) * kPanelRows *
                  static_cast<std::int64_t>(sizeof(float)));
}

std::int64_t packed_bytes(const Linear& linear) {
  return linear.banks * panels_bytes(linear.type, linear.out, linear.in) + scales_bytes(linear);
}

/// One panel of some rows of `bytes` bytes, kPanelRows of them or the last ones: a transposition of
/// groups of four bytes.
void pack_panel(const std::uint8_t* matrix, std::int64_t bytes, std::int64_t rows,
                std::uint8_t* panel) {
  const std::int64_t whole = bytes / 4, rest = bytes % 4;
  for (std::int64_t r = 0; r < kPanelRows; ++r) {
    std::uint8_t* to = panel + 4 * r;
    if (r >= rows) {
      for (std::int64_t line = 0; line < whole + (rest > 0); ++line)
        std::memset(to + line * kLineBytes, 0, 4);
      continue;
    }
    const std::uint8_t* const from = matrix + r * bytes;
    for (std::int64_t line = 0; line < whole; ++line)
      std::memcpy(to + line * kLineBytes, from + 4 * line, 4);
    if (rest == 0) continue;
    std::memset(to + whole * kLineBytes, 0, 4);
    std::memcpy(to + whole * kLineBytes, from + 4 * whole, static_cast<std::size_t>(rest));
  }
}

/// (banks) matrices (rows, columns), one after the other. Returns where their panels begin, and
/// moves `memory` behind them.
std::uint8_t* pack_matrices(const void* data, DType type, int banks, std::int64_t rows,
                            std::int64_t columns, std::uint8_t*& memory) {
  std::uint8_t* const begin = memory;
  const auto* from = static_cast<const std::uint8_t*>(data);
  const std::int64_t bytes = row_bytes(type, columns);
  for (int bank = 0; bank < banks; ++bank)
    for (std::int64_t row = 0; row < rows; row += kPanelRows) {
      const std::int64_t count = std::min<std::int64_t>(kPanelRows, rows - row);
      pack_panel(from, bytes, count, memory);
      from += count * bytes;
      memory += panel_bytes(type, columns);
    }
  return begin;
}

PackedLinear pack(const Linear& linear, std::uint8_t*& memory) {
  PackedLinear packed;
  packed.type = linear.type;
  packed.out = linear.out;
  packed.in = linear.in;
  packed.banks = linear.banks;
  packed.data =
      pack_matrices(linear.data, linear.type, linear.banks, linear.out, linear.in, memory);
  if (linear.group_scales != nullptr)
    packed.group_scales =
        reinterpret_cast<const Bf16*>(pack_matrices(linear.group_scales, DType::kBf16, linear.banks,
                                                    linear.out, group_count(linear.in), memory));
  if (linear.scales == nullptr) return packed;
  auto* scale = reinterpret_cast<float*>(memory);
  packed.scales = scale;
  memory += scales_bytes(linear);
  for (int bank = 0; bank < linear.banks; ++bank) {
    scale = std::copy_n(linear.scales_of(bank).row, linear.out, scale);
    scale = std::fill_n(scale, panel_count(linear.out) * kPanelRows - linear.out, 0.0f);
  }
  return packed;
}

}  // namespace

PackedWeights::PackedWeights(const Weights& weights) {
  const int layers = weights.config().layers;
  const Weights::Fields& fields = weights.fields();
  std::int64_t bytes =
      packed_bytes(weights.head()) + packed_bytes(fields.up) + packed_bytes(fields.down);
  for (int i = 0; i < layers; ++i) {
    const Weights::Layer& layer = weights.layer(i);
    for (const Linear* linear :
         {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      bytes += packed_bytes(*linear);
  }
  memory_ = AlignedBuffer(static_cast<std::size_t>(bytes));
  std::uint8_t* at = memory_.bytes();
  for (int i = 0; i < layers; ++i) {
    const Weights::Layer& from = weights.layer(i);
    Layer& to = layers_.emplace_back();
    to.q = pack(from.q, at);
    to.k = pack(from.k, at);
    to.v = pack(from.v, at);
    to.o = pack(from.o, at);
    to.gate = pack(from.gate, at);
    to.up = pack(from.up, at);
    to.down = pack(from.down, at);
  }
  head_ = pack(weights.head(), at);
  field_up_ = pack(fields.up, at);
  field_down_ = pack(fields.down, at);
}

std::size_t PackedWeights::bytes_a_token() const {
  std::size_t total = head_.bytes_a_bank();
  if (field_up_.data != nullptr)
    total += static_cast<std::size_t>(field_up_.banks) *
             (field_up_.bytes_a_bank() + field_down_.bytes_a_bank());
  for (const Layer& layer : layers_)
    for (const PackedLinear* linear :
         {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      total += linear->bytes_a_bank();
  return total;
}

}  // namespace sage
