// The heads of a compound model's fields: from states to the rows that the output head multiplies,
// see tensor_spec.h. Internal to nn.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/kernel_table.h"
#include "nn/packed_weights.h"
#include "nn/weights.h"
#include "nn/workspace.h"

namespace sage {

/// to = the sum of the ids' embeddings; `scratch` is as long.
void pool_embeddings(const Linear& embed, std::span<const std::int32_t> ids,
                     std::span<float> scratch, std::span<float> to);

/// One field's head over a block of states, as a job of the workspace's team.
class FieldHead {
 public:
  /// `states` (tokens, d) after the final norm. `chosen`: the ids of the fields before this one of
  /// the step that follows each state, `stride` ids from one to the next; needed where chained.
  FieldHead(const Weights& weights, const PackedWeights& packed, const KernelTable& kernels,
            Workspace& workspace, int field, const float* states, std::int64_t tokens,
            std::span<const std::int32_t> chosen, std::size_t stride) noexcept;

  /// Rows for the output head, (tokens, d), in the workspace until its next use.
  const float* run() noexcept;

  // For the team.
  int items(int step) const noexcept;
  void run(int step, int item, int thread) noexcept;

 private:
  enum class Step { kUp, kNarrow, kDown };
  static constexpr int kSteps = 3;

  float* inner() const { return workspace_.x_.as_floats(); }
  float* out() const { return workspace_.q_.as_floats(); }
  void narrow(const float* rows) noexcept;
  void multiply(const PackedLinear& linear, const float* x, float* y, int item,
                bool accumulate) noexcept;

  const PackedWeights& packed_;
  const KernelTable& kernels_;
  Workspace& workspace_;
  int field_;
  std::int64_t tokens_, d_;
  int shares_;  // items of a step
};

}  // namespace sage
