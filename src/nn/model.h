// The decoder: immutable weights and kernels; everything that changes is passed in.
//
// All calls are noexcept and allocate nothing. A token's result is the same bits whether it comes
// alone or in a prefill, with one thread or many (on one instruction set). Knows nothing of music.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/kv_cache.h"
#include "nn/packed_weights.h"
#include "nn/weights.h"
#include "nn/workspace.h"

namespace sage {

/// Token ids [begin, end): rows of the output head.
struct RowRange {
  std::int32_t begin = 0;
  std::int32_t end = 0;
};

enum class Outputs;
class AttentionObserver;

class Model {
 public:
  /// Packs the weights for the kernels, once.
  explicit Model(std::shared_ptr<const Weights> weights,
                 const KernelTable& kernels = default_kernels());

  const ModelConfig& config() const { return weights_->config(); }
  const Weights& weights() const { return *weights_; }
  const PackedWeights& packed() const { return packed_; }
  const KernelTable& kernels() const { return *kernels_; }
  const OutputSpec& output() const { return output_; }

  // Preconditions of all that follows: cache and workspace were made for this config, and 0 <= id <
  // V. Ids make whole steps of S, S = 1 in a flat model; where output().shifted, they are
  // arranged as shift_fields() does.

  /// Appends steps to the cache, in blocks, and leaves the last one's final state in the workspace.
  void forward(std::span<const std::int32_t> ids, KvCache& cache,
               Workspace& workspace) const noexcept;

  /// forward() of one block that keeps every step's final state, for select(). Precondition: 1 to
  /// workspace.block() steps.
  void forward_steps(std::span<const std::int32_t> ids, KvCache& cache,
                     Workspace& workspace) const noexcept;
  /// Steps of several sequences, in one pass that reads the weights once: ids are (steps, S), and
  /// step i goes on in caches[i], with the same bits as alone; neighbours may go on in the same
  /// cache. Keeps every step's final state, for select(). Preconditions: 1 to workspace.block()
  /// steps; caches of the same options.
  void forward_batch(std::span<const std::int32_t> ids, std::span<KvCache* const> caches,
                     Workspace& workspace) const noexcept;
  /// From here on logits are those after step (or sequence) i of the last pass that kept them.
  void select(Workspace& workspace, int i) const noexcept;

  /// Logits of the token after the last one of forward(), or of the selected one: one float a row,
  /// range after range.
  /// Precondition: out has as many floats as the ranges have rows.
  void logits(Workspace& workspace, std::span<const RowRange> rows,
              std::span<float> out) const noexcept;
  /// The same for the whole vocabulary: out is (V).
  void logits(Workspace& workspace, std::span<float> out) const noexcept;
  /// Logits of one field of the step after the last one of forward(). Where output().chained,
  /// `chosen` holds the ids of that step's fields before it.
  void field_logits(Workspace& workspace, int field, std::span<const std::int32_t> chosen,
                    std::span<const RowRange> rows, std::span<float> out) const noexcept;

  /// forward() with the logits after every step, for likelihoods: out is (steps, S, V). Where
  /// output().chained, `next` holds as many ids: the step that follows each one.
  void forward_all(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                   std::span<float> out, std::span<const std::int32_t> next = {}) const noexcept;

  /// forward() with the attention of every head and token shown. Slow, and allocates. Further
  /// preconditions: a cache of f32 that was empty, no more ids than its window, and a workspace of
  /// one thread.
  void observe(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
               AttentionObserver& observer) const noexcept;

 private:
  /// Runs the first block of ids and returns how many steps it had.
  std::int64_t advance(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                       Outputs outputs, AttentionObserver* observer = nullptr) const noexcept;
  /// One block, whole; selects its last step where outputs were asked for.
  void run(std::span<const std::int32_t> ids, std::span<KvCache* const> caches,
           Workspace& workspace, Outputs outputs,
           AttentionObserver* observer = nullptr) const noexcept;
  /// out (tokens, rows) = states (tokens, d) times rows of the output head, range after range;
  /// `stride` floats from one token's to the next's.
  void project(Workspace& workspace, const float* states, std::int64_t tokens,
               std::span<const RowRange> ranges, float* out, std::int64_t stride) const noexcept;

  std::shared_ptr<const Weights> weights_;
  PackedWeights packed_;
  const KernelTable* kernels_;
  OutputSpec output_;
  std::vector<QueryHeads> query_heads_;  // (L)
};

}  // namespace sage
