// The matrices of a model in the layout that the kernels stream (kernels/panels.h), made once from
// the rows of a file. Immutable. Knows nothing of files.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/panels.h"
#include "nn/weights.h"

namespace sage {

/// A Linear in panels: `banks` matrices one after the other.
struct PackedLinear {
  const std::uint8_t* data = nullptr;  // (banks) matrices (out, in) in panels
  const float* scales = nullptr;       // (banks, rows of the panels); I8 only
  const Bf16* group_scales = nullptr;  // (banks) matrices (out, group_count(in)) in panels; I4 only
  WeightType type = WeightType::kF32;
  std::int64_t out = 0;
  std::int64_t in = 0;
  int banks = 1;

  /// From the panel on that starts at `row`, a multiple of kPanelRows.
  const void* panels(int bank, std::int64_t row = 0) const {
    return data + bank * panels_bytes(type, out, in) + row / kPanelRows * panel_bytes(type, in);
  }
  const float* scales_of(int bank, std::int64_t row = 0) const {
    return scales == nullptr ? nullptr : scales + bank * panel_count(out) * kPanelRows + row;
  }
  const Bf16* group_scales_of(int bank) const {
    return group_scales == nullptr
               ? nullptr
               : group_scales + bank * group_scale_bytes() / std::int64_t{sizeof(Bf16)};
  }
  /// Of one bank.
  std::int64_t group_scale_bytes() const {
    return panels_bytes(DType::kBf16, out, group_count(in));
  }
  /// What multiplying by one bank reads.
  std::size_t bytes_a_bank() const {
    const std::int64_t scale_bytes = scales != nullptr         ? 4 * out
                                     : group_scales != nullptr ? group_scale_bytes()
                                                               : 0;
    return static_cast<std::size_t>(panels_bytes(type, out, in) + scale_bytes);
  }
};

class PackedWeights {
 public:
  struct Layer {
    PackedLinear q, k, v, o;
    PackedLinear gate, up, down;  // gate is empty for GELU
  };

  explicit PackedWeights(const Weights& weights);

  const Layer& layer(int i) const { return layers_[static_cast<std::size_t>(i)]; }
  const PackedLinear& head() const { return head_; }
  /// The heads of the fields of a compound model, a bank a field.
  const PackedLinear& field_up() const { return field_up_; }
  const PackedLinear& field_down() const { return field_down_; }
  /// What decoding one step reads: one bank of every matrix, scales included, and every field's.
  std::size_t bytes_a_token() const;

 private:
  AlignedBuffer memory_;  // layer after layer, in the order in which they are read
  std::vector<Layer> layers_;
  PackedLinear head_, field_up_, field_down_;
};

}  // namespace sage
