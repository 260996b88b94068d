// Everything that a forward pass writes except the K/V cache: scratch of fixed size and the team of
// threads. One forward pass at a time; make one workspace a session, or a server's worker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/aligned_buffer.h"
#include "nn/config.h"
#include "nn/kv_cache.h"
#include "nn/rotary.h"
#include "nn/team.h"

namespace sage {

/// Pages of the cache that attention goes through in one piece, for one partial result; aligned, so
/// that the pieces of a query depend on what it sees alone.
inline constexpr int kChunkPages = 2;

/// Fewer multiplications than this are not worth waking the team for.
inline constexpr std::int64_t kWorthSharing = 1 << 15;

/// Of one layer, (G): the query heads that read each K/V head.
using QueryHeads = std::vector<std::vector<int>>;

struct WorkspaceOptions {
  int threads = 1;  // the calling one included; results do not depend on it
  int block = 32;   // tokens of a prefill that go through a layer at once, 1..KvCache::kMaxBlock
};

class Workspace {
 public:
  explicit Workspace(const ModelConfig& config, const WorkspaceOptions& options = {});

  int threads() const { return team_.size(); }
  int block() const { return block_; }
  /// The last token's state after the final norm (d). Valid after a forward pass.
  std::span<const float> hidden() const { return {hidden_.as_floats(), d_model_}; }

 private:
  friend class FieldHead;
  friend class Model;
  friend class ForwardPass;

  /// Tokens of a block that use one bank: order_[begin, end).
  struct BankGroup {
    int bank;
    int begin;
    int end;
  };
  /// Scratch of one thread. In a prefill the team shares the first one's operands and queries.
  struct Local {
    int prepared = -1;         // the step whose operands or queries lie here
    AlignedBuffer normed;      // (block, d)
    AlignedBuffer narrowed;    // (block, operand_stride) of int8: operands of integer weights
    AlignedBuffer query;       // (block, h, dh), rotated and scaled
    AlignedBuffer sink_query;  // the same, rotated for the sinks
    AlignedBuffer query8;      // (block, h, query8_stride) of int8, for caches of I8
    AlignedBuffer sink_query8;
    std::vector<RowScale> scale;                          // (block), of narrowed
    std::vector<std::int32_t> group_sums;                 // (block, its groups), for I4 weights
    std::vector<RowScale> query_scale, sink_query_scale;  // (block, h)
    AlignedBuffer key;                                    // (dh)
    AlignedBuffer key8, value8;                           // (dh) in the cache's type
    std::vector<const void*> queries;
    std::vector<const RowScale*> query_scales;
    std::vector<float*> outs;
    std::vector<const float*> parts;
  };

  std::size_t d_model_;
  int block_;
  std::int64_t part_stride_;     // floats from one attention part to the next
  std::int64_t operand_stride_;  // bytes from one row of int8 to the next: whole lines
  std::int64_t query8_stride_;
  Team team_;
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
  AlignedBuffer parts_;   // (slots, block, h, part_stride): results of pages of sinks, then chunks
  std::vector<Local> locals_;
};

}  // namespace sage
