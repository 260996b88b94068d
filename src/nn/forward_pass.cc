#include "nn/forward_pass.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "nn/field_head.h"

namespace sage {
namespace {

/// Items a thread, where there are several: whoever is late leaves some to the others.
constexpr int kItemsAThread = 2;

}  // namespace

ForwardPass::ForwardPass(const Context& context, std::span<const std::int32_t> ids,
                         Outputs outputs) noexcept
    : weights_(context.weights),
      packed_(context.packed),
      config_(context.weights.config()),
      kernels_(context.kernels),
      query_heads_(context.query_heads),
      caches_(context.caches),
      workspace_(context.workspace),
      observer_(context.observer),
      ids_(ids),
      outputs_(outputs),
      cache_type_(caches_.front()->type()),
      tokens_(static_cast<int>(ids.size()) / config_.fields),
      heads_(config_.heads),
      kv_heads_(config_.kv_heads),
      head_dim_(config_.head_dim()),
      sink_pages_((context.caches.front()->sinks() + kPageTokens - 1) / kPageTokens) {
  plan_banks();
  plan_positions();
  embed();
}

void ForwardPass::plan_banks() {
  const auto attribute = [&](int token) { return attribute_of(token); };
  workspace_.groups_.clear();
  int placed = 0;
  for (int bank = 0; bank < config_.attributes; ++bank) {
    const int begin = placed;
    for (int token = 0; token < tokens_; ++token)
      if (attribute(token) == bank) workspace_.order_[static_cast<std::size_t>(placed++)] = token;
    if (placed > begin) workspace_.groups_.push_back({bank, begin, placed});
  }
  all_ = {workspace_.order_.data(), workspace_.groups_, 0, tokens_, tokens_};
  last_order_ = tokens_ - 1;
  last_group_ = {attribute(tokens_ - 1), 0, 1};
  last_ = {&last_order_, {&last_group_, 1}, tokens_ - 1, tokens_, 1};
  none_ = {nullptr, {}, tokens_, tokens_, 0};
}

void ForwardPass::plan_positions() {
  const int half = head_dim_ / 2;
  const std::int64_t clamped = caches_.front()->window() - 1 + caches_.front()->sinks();
  for (KvCache* const cache : caches_) cache->slide();
  for (int token = 0; token < tokens_; ++token) {
    KvCache& cache = this->cache(token);
    const std::int64_t position = cache.length();
    cache.append(attribute_of(token));
    for (int head = 0; head < kv_heads_; ++head) {
      const KvCache::Visible visible = cache.visible(head);
      workspace_.visible_[static_cast<std::size_t>(token * kv_heads_ + head)] = visible;
      sees_sinks_ |= visible.sinks > 0;
    }
    const auto row = static_cast<std::size_t>(token * half);
    workspace_.rotary_.at(position, &workspace_.cosine_[row], &workspace_.sine_[row]);
    if (sees_sinks_)
      workspace_.sink_rotary_.at(std::min(position, clamped), &workspace_.sink_cosine_[row],
                                 &workspace_.sink_sine_[row]);
  }
}

void ForwardPass::embed() {
  const auto d = static_cast<std::size_t>(config_.d_model);
  const auto fields = static_cast<std::size_t>(config_.fields);
  for (std::size_t token = 0; token < static_cast<std::size_t>(tokens_); ++token)
    pool_embeddings(weights_.embed(), ids_.subspan(token * fields, fields),
                    {workspace_.attended_.as_floats(), d},
                    {workspace_.x_.as_floats() + token * d, d});
}

void ForwardPass::run() noexcept {
  for (auto& local : workspace_.locals_) local.prepared = -1;
  workspace_.team_.run(*this, config_.layers * kSteps);
  const Tokens& wanted = tokens_of(config_.layers - 1);
  for (int token = wanted.begin; token < wanted.end; ++token)
    kernels_.rms_norm(workspace_.x_.as_floats() + token * config_.d_model, weights_.final_norm(),
                      config_.d_model, config_.norm_eps,
                      workspace_.states_.as_floats() + token * config_.d_model);
}

const ForwardPass::Tokens& ForwardPass::tokens_of(int layer) const {
  if (layer + 1 < config_.layers || outputs_ == Outputs::kAll) return all_;
  return outputs_ == Outputs::kLast ? last_ : none_;
}

int ForwardPass::items(int step) const noexcept {
  const int threads = workspace_.threads();
  const int items = threads == 1 ? 1 : kItemsAThread * threads;
  const int layer = step / kSteps;
  const Tokens& tokens = tokens_of(layer);
  const bool narrow = is_integer(packed_.layer(layer).q.type);
  switch (static_cast<Step>(step % kSteps)) {
    case Step::kNorm:
      return tokens_ == 1 ? 0 : std::min(items, tokens_);
    case Step::kQkv:
      return items;
    case Step::kStore:
      return tokens_ == 1 ? 0 : std::min(items, tokens_);
    case Step::kAttend:
      return tokens_ == 1 ? std::min(items, attend_items(layer)) : std::min(items, tokens.count);
    case Step::kMerge:
      return tokens_ == 1 && tokens.count > 0 ? std::min(items, heads_) : 0;
    case Step::kInnerNorm:
      return tokens_ == 1 ? 0 : std::min(items, tokens.count);
    case Step::kNarrow:
      return tokens_ == 1 || !narrow ? 0 : std::min(items, tokens.count);
    case Step::kOut:
    case Step::kInner:
    case Step::kDown:
      return tokens.count > 0 ? items : 0;
  }
  return 0;
}

void ForwardPass::run(int step, int item, int thread) noexcept {
  const int index = step / kSteps;
  const PackedWeights::Layer& layer = packed_.layer(index);
  const Weights::Layer& norms = weights_.layer(index);
  const WeightType type = layer.q.type;
  const Tokens& tokens = tokens_of(index);
  const Share share = {item, items(step), thread};
  const Matrix x = {workspace_.x_.as_floats(), config_.d_model};
  switch (static_cast<Step>(step % kSteps)) {
    case Step::kNorm:
      return norm(norms.attn_norm, type, thread, own(share, all_));
    case Step::kQkv: {
      if (prepare(step, thread)) norm(norms.attn_norm, type, thread, all_);
      const Operand in = normed(type, thread);
      const std::int64_t kv_width = std::int64_t{kv_heads(index)} * head_dim_;
      linear(layer.q, share, tokens, in, {workspace_.q_.as_floats(), attended().stride});
      linear(layer.k, share, all_, in, {workspace_.k_.as_floats(), kv_width});
      return linear(layer.v, share, all_, in, {workspace_.v_.as_floats(), kv_width});
    }
    case Step::kStore: {
      const Tokens mine = own(share, all_);
      for (int token = mine.begin; token < mine.end; ++token)
        for (int head = 0; head < kv_heads(index); ++head)
          if (visible(token, head).kept) store(index, head, token, thread);
      return;
    }
    case Step::kAttend:
      if (tokens_ == 1) {
        if (prepare(step, thread)) rotate_queries(thread, tokens);
        attend_one(index, share, tokens);
        if (observer_ != nullptr) show(index, thread, tokens);
        return;
      }
      attend_many(index, thread, own(share, tokens));
      if (observer_ != nullptr) show(index, thread, own(share, tokens));
      return narrow(attended(), attended().stride, type, thread, own(share, tokens));
    case Step::kMerge: {
      int number = 0;
      for (int head = 0; head < kv_heads(index); ++head)
        for (const int query_head : readers(index, head))
          if (number++ % share.items == item) merge(all_, 0, head, query_head, thread);
      return;
    }
    case Step::kOut:
      if (prepare(step, thread)) narrow(attended(), attended().stride, type, thread, tokens);
      return linear(layer.o, share, tokens, operand(attended(), type, thread), x, true);
    case Step::kInnerNorm:
      return norm(norms.ff_norm, type, thread, own(share, tokens));
    case Step::kInner: {
      if (prepare(step, thread)) norm(norms.ff_norm, type, thread, tokens);
      const Operand in = normed(type, thread);
      if (config_.activation == Activation::kSwiGlu)
        linear(layer.gate, share, tokens, in, {workspace_.gate_.as_floats(), config_.d_ff});
      linear(layer.up, share, tokens, in, {workspace_.up_.as_floats(), config_.d_ff});
      return activate(share, tokens);
    }
    case Step::kNarrow:
      return narrow(inner(), config_.d_ff, type, thread, own(share, tokens));
    case Step::kDown:
      if (prepare(step, thread)) narrow(inner(), config_.d_ff, type, thread, tokens);
      return linear(layer.down, share, tokens, operand(inner(), type, thread), x, true);
  }
}

/// The tokens' states, normed, as the weights want them.
void ForwardPass::norm(const float* weight, WeightType type, int thread,
                       const Tokens& tokens) noexcept {
  const Matrix to = {shared(thread).normed.as_floats(), config_.d_model};
  for (int token = tokens.begin; token < tokens.end; ++token)
    kernels_.rms_norm(workspace_.x_.as_floats() + token * config_.d_model, weight, config_.d_model,
                      config_.norm_eps, to.data + token * to.stride);
  narrow(to, config_.d_model, type, thread, tokens);
}

/// Rows of n floats to int8, where the weights are.
void ForwardPass::narrow(Matrix x, std::int64_t n, WeightType type, int thread,
                         const Tokens& tokens) noexcept {
  if (!is_integer(type)) return;
  Workspace::Local& local = shared(thread);
  auto* const rows = reinterpret_cast<std::int8_t*>(local.narrowed.bytes());
  for (int token = tokens.begin; token < tokens.end; ++token) {
    std::int8_t* const row = rows + token * workspace_.operand_stride_;
    kernels_.quantise(x.data + token * x.stride, n, row,
                      &local.scale[static_cast<std::size_t>(token)]);
    if (type == WeightType::kI4)
      kernels_.sum_groups(row, n,
                          &local.group_sums[static_cast<std::size_t>(token * group_count(n))]);
  }
}

ForwardPass::Operand ForwardPass::normed(WeightType type, int thread) {
  return operand({shared(thread).normed.as_floats(), config_.d_model}, type, thread);
}

ForwardPass::Operand ForwardPass::operand(Matrix x, WeightType type, int thread) {
  if (!is_integer(type)) return {x.data, x.stride, nullptr, nullptr};
  const Workspace::Local& local = shared(thread);
  return {local.narrowed.bytes(), workspace_.operand_stride_, local.scale.data(),
          local.group_sums.data()};
}

/// An item's rows of y = W x (or y += W x), with the weights of each token's bank.
void ForwardPass::linear(const PackedLinear& linear, const Share& share, const Tokens& tokens,
                         const Operand& x, Matrix y, bool accumulate) noexcept {
  MatmulArgs args;
  std::tie(args.row_begin, args.row_end) = rows_of(linear.out, share.item, share.items);
  args.in = linear.in;
  args.x = x.data;
  args.x_stride = x.stride;
  args.x_scale = x.scale;
  args.group_sums = x.group_sums;
  args.y = y.data + args.row_begin;
  args.y_stride = y.stride;
  args.accumulate = accumulate;
  const auto matmul = kernels_.matmul(linear.type);
  const auto apply = [&](int bank, int begin, int end) {
    args.weight = linear.panels(bank);
    args.scale = linear.scales_of(bank);
    args.group_scale = linear.group_scales_of(bank);
    args.index = tokens.order + begin;
    args.tokens = end - begin;
    matmul(args);
  };
  if (linear.banks == 1) {
    apply(0, 0, tokens.count);
    return;
  }
  for (const auto& group : tokens.groups) apply(group.bank, group.begin, group.end);
}

/// The activation of the rows that an item has computed.
void ForwardPass::activate(const Share& share, const Tokens& tokens) noexcept {
  const auto [begin, end] = rows_of(config_.d_ff, share.item, share.items);
  for (int token = tokens.begin; token < tokens.end; ++token) {
    const std::int64_t at = std::int64_t{token} * config_.d_ff + begin;
    if (config_.activation == Activation::kSwiGlu)
      kernels_.swiglu(workspace_.gate_.as_floats() + at, workspace_.up_.as_floats() + at,
                      end - begin);
    else
      kernels_.gelu(workspace_.up_.as_floats() + at, end - begin);
  }
}

}  // namespace sage
