#include "nn/workspace.h"

#include <algorithm>
#include <numeric>

namespace sage {
namespace {

constexpr std::int64_t kLine = AlignedBuffer::kAlignment;

constexpr std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace

Workspace::Workspace(const ModelConfig& config, const WorkspaceOptions& options)
    : d_model_(static_cast<std::size_t>(config.d_model)),
      block_(std::clamp(options.block, 1, KvCache::kMaxBlock)),
      part_stride_(round_up(part_width(config.head_dim()) + 2, kLine / 4)),
      operand_stride_(round_up(std::max({config.d_model, config.d_ff}), kLine)),
      query8_stride_(round_up(config.head_dim(), kLine)),
      team_(std::max(options.threads, 1)),
      rotary_(config.head_dim(), static_cast<double>(config.rope_theta)),
      sink_rotary_(rotary_) {
  const auto block = static_cast<std::size_t>(block_);
  const auto heads = static_cast<std::size_t>(config.heads);
  const auto kv_heads = static_cast<std::size_t>(config.kv_heads);
  const auto head_dim = static_cast<std::size_t>(config.head_dim());
  const auto feed_forward = static_cast<std::size_t>(config.d_ff);
  // What a block can see of one head: the pages of the sinks, and the chunks that the window
  // touches.
  constexpr int kChunkTokens = kChunkPages * kPageTokens;
  const auto slots = static_cast<std::size_t>((config.sinks + kPageTokens - 1) / kPageTokens +
                                              (config.window + block_) / kChunkTokens + 2);

  order_.resize(block);
  identity_.resize(block);
  std::iota(identity_.begin(), identity_.end(), 0);
  groups_.reserve(std::min(block, static_cast<std::size_t>(config.attributes)));
  visible_.resize(block * kv_heads);
  for (auto* table : {&cosine_, &sine_, &sink_cosine_, &sink_sine_})
    table->resize(block * head_dim / 2);

  x_ = AlignedBuffer::floats(block * d_model_);
  q_ = AlignedBuffer::floats(block * heads * head_dim);
  k_ = AlignedBuffer::floats(block * kv_heads * head_dim);
  v_ = AlignedBuffer::floats(block * kv_heads * head_dim);
  attended_ = AlignedBuffer::floats(block * heads * head_dim);
  gate_ = AlignedBuffer::floats(block * feed_forward);
  up_ = AlignedBuffer::floats(block * feed_forward);
  hidden_ = AlignedBuffer::floats(d_model_);
  states_ = AlignedBuffer::floats(block * d_model_);
  parts_ = AlignedBuffer::floats(slots * block * heads * static_cast<std::size_t>(part_stride_));
  locals_.resize(static_cast<std::size_t>(team_.size()));
  for (Local& local : locals_) {
    local.normed = AlignedBuffer::floats(block * d_model_);
    local.narrowed = AlignedBuffer(block * static_cast<std::size_t>(operand_stride_));
    local.scale.resize(block);
    local.group_sums.resize(block * static_cast<std::size_t>(group_count(operand_stride_)));
    local.query = AlignedBuffer::floats(block * heads * head_dim);
    local.sink_query = AlignedBuffer::floats(block * heads * head_dim);
    local.query8 = AlignedBuffer(block * heads * static_cast<std::size_t>(query8_stride_));
    local.sink_query8 = AlignedBuffer(block * heads * static_cast<std::size_t>(query8_stride_));
    local.query_scale.resize(block * heads);
    local.sink_query_scale.resize(block * heads);
    local.key = AlignedBuffer::floats(head_dim);
    local.key8 = AlignedBuffer::floats(head_dim);
    local.value8 = AlignedBuffer::floats(head_dim);
    local.queries.resize(block * heads);
    local.query_scales.resize(block * heads);
    local.outs.resize(block * heads);
    local.parts.resize(slots);
  }
}

}  // namespace sage
