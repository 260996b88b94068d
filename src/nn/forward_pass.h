// One block of tokens through all layers: the plan, made by one thread, and the passage, walked by
// the whole team in step. Private to Model.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/kv_cache.h"
#include "nn/weights.h"
#include "nn/workspace.h"

namespace sage {

/// Which tokens of a block a caller wants final states of; the last layer computes no others.
enum class Outputs { kNone, kLast, kAll };

class ForwardPass {
 public:
  struct Context {
    const Weights& weights;
    const KernelTable& kernels;
    std::span<const std::vector<int>> query_heads;  // (G)
    KvCache& cache;
    Workspace& workspace;
  };

  /// Appends the tokens to the cache and plans the block. 1 to the workspace's block of ids.
  ForwardPass(const Context& context, std::span<const std::int32_t> ids, Outputs outputs) noexcept;

  /// Runs the block on the workspace's threads; final states go to workspace.states_, by token.
  void run() noexcept;

 private:
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

  void plan_banks();
  void plan_positions();
  void embed();

  // Run by every thread; `thread` is its index.
  void work(int thread) noexcept;
  void attention(const Weights::Layer& layer, int index, int thread, const Tokens& tokens) noexcept;
  void feed_forward(const Weights::Layer& layer, int thread, const Tokens& tokens) noexcept;
  void norm(const float* weight, int thread, const Tokens& tokens) noexcept;
  void linear(const Linear& linear, int thread, const Tokens& tokens, Matrix x, Matrix y,
              bool accumulate = false) noexcept;
  void rotate_queries(int thread, const Tokens& tokens) noexcept;
  int attend_head(int layer, int head, int thread, const Tokens& tokens, int item) noexcept;
  void store_new(int layer, int head, int thread, std::int64_t page) noexcept;
  void attend_page(int layer, int head, int thread, const Tokens& tokens, std::int64_t page,
                   bool sinks) noexcept;
  void merge(int thread, const Tokens& tokens) noexcept;
  void wait() { workspace_.barrier_.arrive_and_wait(workspace_.threads()); }

  const KvCache::Visible& visible(int token, int head) const {
    return workspace_.visible_[static_cast<std::size_t>(token * kv_heads_ + head)];
  }
  /// Where the part of a query's attention goes that one page contributes.
  float* part(std::int64_t slot, int token, int head) const;

  const Weights& weights_;
  const ModelConfig& config_;
  const KernelTable& kernels_;
  std::span<const std::vector<int>> query_heads_;
  KvCache& cache_;
  Workspace& workspace_;
  std::span<const std::int32_t> ids_;
  Outputs outputs_;
  int tokens_, heads_, kv_heads_, head_dim_, sink_pages_;
  bool sees_sinks_ = false;  // some query has left the sinks behind
  Tokens all_, last_;
  std::int32_t last_order_ = 0;
  Workspace::BankGroup last_group_{};
};

}  // namespace sage
