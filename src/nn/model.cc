#include "nn/model.h"

#include <algorithm>
#include <utility>

#include "nn/forward_pass.h"

namespace sage {
namespace {

/// Fewer multiplications than this are not worth waking the team for.
constexpr std::int64_t kWorthSharing = 1 << 15;

}  // namespace

Model::Model(std::shared_ptr<const Weights> weights, const KernelTable& kernels)
    : weights_(std::move(weights)), kernels_(&kernels) {
  const AttentionSpec attention = attention_of(config());
  query_heads_.resize(static_cast<std::size_t>(attention.kv_heads));
  for (int head = 0; head < attention.query_heads; ++head) {
    const int group = attention.kv_head_of[static_cast<std::size_t>(head)];
    query_heads_[static_cast<std::size_t>(group)].push_back(head);
  }
}

std::int64_t Model::advance(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                            Outputs outputs) const noexcept {
  const std::size_t count = std::min(ids.size(), static_cast<std::size_t>(workspace.block_));
  if (outputs == Outputs::kLast && count < ids.size()) outputs = Outputs::kNone;
  ForwardPass pass({*weights_, *kernels_, query_heads_, cache, workspace}, ids.first(count),
                   outputs);
  pass.run();
  if (outputs != Outputs::kNone) {
    const std::size_t d = workspace.d_model_;
    std::copy_n(workspace.states_.as_floats() + (count - 1) * d, d, workspace.hidden_.as_floats());
  }
  return static_cast<std::int64_t>(count);
}

void Model::forward(std::span<const std::int32_t> ids, KvCache& cache,
                    Workspace& workspace) const noexcept {
  while (!ids.empty())
    ids = ids.subspan(static_cast<std::size_t>(advance(ids, cache, workspace, Outputs::kLast)));
}

void Model::forward_all(std::span<const std::int32_t> ids, KvCache& cache, Workspace& workspace,
                        std::span<float> out) const noexcept {
  const std::int64_t vocabulary = config().vocab_size;
  float* at = out.data();
  while (!ids.empty()) {
    const std::int64_t count = advance(ids, cache, workspace, Outputs::kAll);
    project(workspace, workspace.states_.as_floats(), count, {0, config().vocab_size}, at);
    at += count * vocabulary;
    ids = ids.subspan(static_cast<std::size_t>(count));
  }
}

void Model::logits(Workspace& workspace, std::span<const RowRange> rows,
                   std::span<float> out) const noexcept {
  float* at = out.data();
  for (const RowRange& range : rows) {
    project(workspace, workspace.hidden_.as_floats(), 1, range, at);
    at += range.end - range.begin;
  }
}

void Model::logits(Workspace& workspace, std::span<float> out) const noexcept {
  project(workspace, workspace.hidden_.as_floats(), 1, {0, config().vocab_size}, out.data());
}

void Model::project(Workspace& workspace, const float* states, std::int64_t tokens, RowRange rows,
                    float* out) const noexcept {
  const Linear& head = weights_->head();
  const std::int64_t count = rows.end - rows.begin;
  const auto part = [&](int thread, int threads) {
    MatmulArgs args;
    args.weight = head.rows(0, rows.begin);
    args.scale = head.scales_of(0, rows.begin);
    args.in = head.in;
    args.row_begin = count * thread / threads;
    args.row_end = count * (thread + 1) / threads;
    args.index = workspace.identity_.data();
    args.tokens = tokens;
    args.x = states;
    args.x_stride = head.in;
    args.y = out;
    args.y_stride = count;
    kernels_->matmul(head.type)(args);
  };
  if (count * tokens * head.in < kWorthSharing)
    part(0, 1);
  else
    workspace.pool_.run(part);
}

}  // namespace sage
