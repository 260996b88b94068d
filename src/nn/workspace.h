// Everything that a forward pass writes except the K/V cache: scratch of fixed size and the team of
// threads. One forward pass at a time; make one workspace a session, or a server's worker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "nn/aligned_buffer.h"
#include "nn/config.h"
#include "nn/kv_cache.h"
#include "nn/rotary.h"
#include "nn/spin_barrier.h"

namespace sage {

struct WorkspaceOptions {
  int threads = 1;  // the calling one included; results do not depend on it
  int block = 32;   // tokens of a prefill that go through a layer at once, 1..KvCache::kMaxBlock
};

class Workspace {
 public:
  explicit Workspace(const ModelConfig& config, const WorkspaceOptions& options = {});

  int threads() const { return pool_.size(); }
  /// The last token's state after the final norm (d). Valid after a forward pass.
  std::span<const float> hidden() const { return {hidden_.as_floats(), d_model_}; }

 private:
  friend class Model;
  friend class ForwardPass;

  /// Tokens of a block that use one bank: order_[begin, end).
  struct BankGroup {
    int bank;
    int begin;
    int end;
  };
  /// Scratch of one thread.
  struct Local {
    AlignedBuffer normed;      // (block, d)
    AlignedBuffer query;       // (block, h, dh), rotated and scaled
    AlignedBuffer sink_query;  // the same, rotated for the sinks
    AlignedBuffer key;         // (dh)
    std::vector<const float*> queries;
    std::vector<float*> outs;
    std::vector<const float*> parts;
  };

  std::size_t d_model_;
  int block_;
  std::int64_t part_stride_;  // floats from one attention part to the next
  ThreadPool pool_;
  SpinBarrier barrier_;
  Rotary rotary_, sink_rotary_;

  // The plan of a block.
  std::vector<std::int32_t> order_;     // tokens by bank
  std::vector<std::int32_t> identity_;  // 0, 1, 2 ...
  std::vector<BankGroup> groups_;
  std::vector<KvCache::Visible> visible_;  // (block, G)
  std::vector<float> cosine_, sine_;       // (block, dh/2)
  std::vector<float> sink_cosine_, sink_sine_;

  // Activations, by token.
  AlignedBuffer x_, q_, k_, v_, attended_, gate_, up_;
  AlignedBuffer states_;  // (block, d), after the final norm
  AlignedBuffer hidden_;  // (d), the last of them
  AlignedBuffer parts_;   // (slots, block, h, part_stride)
  std::vector<Local> locals_;
};

}  // namespace sage
