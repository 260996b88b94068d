#include "nn/packed_weights.h"

#include <algorithm>
#include <cstring>

namespace sage {
namespace {

constexpr std::int64_t round_up(std::int64_t n) {
  return (n + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::int64_t scales_bytes(const Linear& linear) {
  if (linear.scales == nullptr) return 0;
  return round_up(linear.banks * panel_count(linear.out) * kPanelRows *
                  static_cast<std::int64_t>(sizeof(float)));
}

std::int64_t packed_bytes(const Linear& linear) {
  return linear.banks * panels_bytes(linear.type, linear.out, linear.in) + scales_bytes(linear);
}

/// One panel: a transposition of groups of four bytes.
void pack_panel(const Linear& linear, int bank, std::int64_t first, std::uint8_t* panel) {
  const std::int64_t row_bytes = linear.in * static_cast<std::int64_t>(size_of(linear.type));
  const std::int64_t whole = row_bytes / 4, rest = row_bytes % 4;
  const std::int64_t rows = std::min<std::int64_t>(kPanelRows, linear.out - first);
  for (std::int64_t r = 0; r < kPanelRows; ++r) {
    std::uint8_t* to = panel + 4 * r;
    if (r >= rows) {
      for (std::int64_t line = 0; line < whole + (rest > 0); ++line)
        std::memset(to + line * kLineBytes, 0, 4);
      continue;
    }
    const auto* from = static_cast<const std::uint8_t*>(linear.rows(bank, first + r));
    for (std::int64_t line = 0; line < whole; ++line)
      std::memcpy(to + line * kLineBytes, from + 4 * line, 4);
    if (rest == 0) continue;
    std::memset(to + whole * kLineBytes, 0, 4);
    std::memcpy(to + whole * kLineBytes, from + 4 * whole, static_cast<std::size_t>(rest));
  }
}

PackedLinear pack(const Linear& linear, std::uint8_t*& memory) {
  PackedLinear packed = {memory, nullptr, linear.type, linear.out, linear.in, linear.banks};
  for (int bank = 0; bank < linear.banks; ++bank)
    for (std::int64_t row = 0; row < linear.out; row += kPanelRows) {
      pack_panel(linear, bank, row, memory);
      memory += panel_bytes(linear.type, linear.in);
    }
  if (linear.scales == nullptr) return packed;
  auto* scale = reinterpret_cast<float*>(memory);
  packed.scales = scale;
  memory += scales_bytes(linear);
  for (int bank = 0; bank < linear.banks; ++bank) {
    scale = std::copy_n(linear.scales_of(bank), linear.out, scale);
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
  const auto bank_bytes = [](const PackedLinear& linear) {
    const std::int64_t scales = linear.scales == nullptr ? 0 : 4 * linear.out;
    return static_cast<std::size_t>(panels_bytes(linear.type, linear.out, linear.in) + scales);
  };
  std::size_t total = bank_bytes(head_) + static_cast<std::size_t>(field_up_.banks) *
                                              (bank_bytes(field_up_) + bank_bytes(field_down_));
  for (const Layer& layer : layers_)
    for (const PackedLinear* linear :
         {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
      total += bank_bytes(*linear);
  return total;
}

}  // namespace sage
