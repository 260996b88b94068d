// One block of tokens through all layers: the plan, made by one thread, and its steps, whose items
// the team does. The tokens are neighbours in one sequence, or each is the next one of a sequence
// of its own. Internal to nn.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/attention_observer.h"
#include "nn/kv_cache.h"
#include "nn/packed_weights.h"
#include "nn/weights.h"
#include "nn/workspace.h"

namespace sage {

/// Which tokens of a block a caller wants final states of; the last layer computes no others.
enum class Outputs { kNone, kLast, kAll };

class ForwardPass {
 public:
  struct Context {
    const Weights& weights;  // embeddings and norms
    const PackedWeights& packed;
    const KernelTable& kernels;
    std::span<const QueryHeads> query_heads;  // (L)
    /// One cache for all tokens, or one for each; of the same options.
    std::span<KvCache* const> caches;
    Workspace& workspace;
    AttentionObserver* observer = nullptr;
  };

  /// Appends the tokens to their caches and plans the block. 1 to the workspace's block of tokens;
  /// a token is a step of S ids here, S = 1 in a flat model.
  ForwardPass(const Context& context, std::span<const std::int32_t> ids, Outputs outputs) noexcept;

  /// Runs the block on the workspace's team; final states go to workspace.states_, by token.
  void run() noexcept;

  // For the team.
  int items(int step) const noexcept;
  void run(int step, int item, int thread) noexcept;

 private:
  /// The steps of a layer. A single token's operands are made by every thread for itself, where it
  /// needs them, which is cheaper than a step; those of a prefill are shared.
  enum class Step {
    kNorm,
    kQkv,
    kStore,
    kAttend,
    kMerge,
    kOut,
    kInnerNorm,
    kInner,
    kNarrow,
    kDown
  };
  static constexpr int kSteps = 10;

  /// A part of the block's tokens, in an order in which tokens of one bank are neighbours.
  struct Tokens {
    const std::int32_t* order;
    std::span<const Workspace::BankGroup> groups;
    int begin;  // all lie in [begin, end)
    int end;
    int count;
  };
  /// Rows of activations: `stride` floats from token to token.
  struct Matrix {
    float* data;
    std::int64_t stride;
  };
  /// What a linear layer multiplies: rows of f32, or of int8 where the weights are integers.
  struct Operand {
    const void* data;
    std::int64_t stride;  // in elements
    const RowScale* scale;
    const std::int32_t* group_sums;
  };
  /// What a query sees of one page.
  struct Seen {
    int begin, end;  // within the page
    bool extends;    // it sees something of the chunk's pages before this one
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  /// A page of a head that queries attend over.
  struct Page {
    std::int64_t number;
    std::int64_t next;  // the page that comes after it; itself if none does
    std::int64_t slot;  // of the part that it contributes to
    bool sinks;         // for queries that have left it behind
  };

  void plan_banks();
  void plan_positions();
  void embed();
  /// That of the step's last field.
  std::uint8_t attribute_of(int token) const {
    const std::int32_t id = ids_[static_cast<std::size_t>((token + 1) * config_.fields - 1)];
    return config_.token_attributes[static_cast<std::size_t>(id)];
  }

  // An item is part `item` of `items` of a step.
  struct Share {
    int item;
    int items;
    int thread;  // who does it
  };
  void norm(const float* weight, WeightType type, int thread, const Tokens& tokens) noexcept;
  void narrow(Matrix x, std::int64_t n, WeightType type, int thread, const Tokens& tokens) noexcept;
  Operand normed(WeightType type, int thread);
  Operand operand(Matrix x, WeightType type, int thread);
  void linear(const PackedLinear& linear, const Share& share, const Tokens& tokens,
              const Operand& x, Matrix y, bool accumulate = false) noexcept;
  void activate(const Share& share, const Tokens& tokens) noexcept;
  Matrix attended() const {
    return {workspace_.attended_.as_floats(), std::int64_t{heads_} * head_dim_};
  }
  Matrix inner() const {
    const bool gated = config_.activation == Activation::kSwiGlu;
    return {(gated ? workspace_.gate_ : workspace_.up_).as_floats(), config_.d_ff};
  }

  // forward_attention.cc
  int attend_items(int layer) const noexcept;
  void attend_one(int layer, const Share& share, const Tokens& tokens) noexcept;
  void attend_many(int layer, int thread, const Tokens& tokens) noexcept;
  void rotate_queries(int thread, const Tokens& tokens) noexcept;
  void store(int layer, int head, int token, int thread) noexcept;
  void attend_together(int layer, int thread, const Tokens& tokens) noexcept;
  void attend_sinks(int layer, int head, int thread, const Tokens& tokens) noexcept;
  void attend_chunk(int layer, int head, int thread, const Tokens& tokens,
                    std::int64_t chunk) noexcept;
  template <class SeenBy>
  void attend_page(int layer, int head, int thread, const Tokens& tokens, const Page& page,
                   const SeenBy& seen_by) noexcept;
  void merge(const Tokens& tokens, int token, int head, int query_head, int thread) noexcept;
  void show(int layer, int thread, const Tokens& tokens) const noexcept;

  int kv_heads(int layer) const {
    return static_cast<int>(query_heads_[static_cast<std::size_t>(layer)].size());
  }
  const std::vector<int>& readers(int layer, int head) const {
    return query_heads_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(head)];
  }
  /// The tokens that a layer computes to the end.
  const Tokens& tokens_of(int layer) const;
  /// The tokens of a prefill that an item sees to.
  static Tokens own(const Share& share, const Tokens& tokens) {
    Tokens part = tokens;
    part.begin = tokens.begin + (tokens.end - tokens.begin) * share.item / share.items;
    part.end = tokens.begin + (tokens.end - tokens.begin) * (share.item + 1) / share.items;
    return part;
  }
  /// Where operands and queries lie.
  Workspace::Local& shared(int thread) const {
    return workspace_.locals_[tokens_ == 1 ? static_cast<std::size_t>(thread) : 0];
  }
  /// True once a step and thread, for the single token's operands.
  bool prepare(int step, int thread) {
    int& prepared = workspace_.locals_[static_cast<std::size_t>(thread)].prepared;
    return tokens_ == 1 && std::exchange(prepared, step) != step;
  }

  const KvCache::Visible& visible(int token, int head) const {
    return workspace_.visible_[static_cast<std::size_t>(token * kv_heads_ + head)];
  }
  /// Chunks of pages that tokens of one sequence see of a head: [first, end).
  std::pair<std::int64_t, std::int64_t> chunks(int head, const Tokens& tokens) const;
  KvCache& cache(int token) const {
    return *caches_[caches_.size() == 1 ? 0 : static_cast<std::size_t>(token)];
  }
  /// Where the part of a query's attention goes that a page of sinks or a chunk contributes.
  float* part(std::int64_t slot, int token, int head) const;

  const Weights& weights_;
  const PackedWeights& packed_;
  const ModelConfig& config_;
  const KernelTable& kernels_;
  std::span<const QueryHeads> query_heads_;
  std::span<KvCache* const> caches_;
  Workspace& workspace_;
  AttentionObserver* observer_;
  std::span<const std::int32_t> ids_;
  Outputs outputs_;
  DType cache_type_;
  int tokens_, heads_, kv_heads_, head_dim_, sink_pages_;  // kv_heads_: the most of any layer
  bool sees_sinks_ = false;                                // some query has left the sinks behind
  Tokens all_, last_, none_;
  std::int32_t last_order_ = 0;
  Workspace::BankGroup last_group_{};
};

}  // namespace sage
