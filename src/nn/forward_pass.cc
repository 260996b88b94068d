#include "nn/forward_pass.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "nn/quantise.h"

namespace sage {
namespace {

/// A thread's share of n rows: whole cache lines of floats, so that no two threads write to one.
std::pair<std::int64_t, std::int64_t> share(std::int64_t n, int thread, int threads) {
  constexpr std::int64_t kUnit = 16;
  const std::int64_t units = (n + kUnit - 1) / kUnit;
  return {std::min(n, units * thread / threads * kUnit),
          std::min(n, units * (thread + 1) / threads * kUnit)};
}

}  // namespace

ForwardPass::ForwardPass(const Context& context, std::span<const std::int32_t> ids,
                         Outputs outputs) noexcept
    : weights_(context.weights),
      config_(context.weights.config()),
      kernels_(context.kernels),
      query_heads_(context.query_heads),
      cache_(context.cache),
      workspace_(context.workspace),
      ids_(ids),
      outputs_(outputs),
      tokens_(static_cast<int>(ids.size())),
      heads_(config_.heads),
      kv_heads_(config_.kv_heads),
      head_dim_(config_.head_dim()),
      sink_pages_((context.cache.sinks() + kPageTokens - 1) / kPageTokens) {
  plan_banks();
  plan_positions();
  embed();
}

void ForwardPass::plan_banks() {
  const auto attribute = [&](int token) {
    return config_
        .token_attributes[static_cast<std::size_t>(ids_[static_cast<std::size_t>(token)])];
  };
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
}

void ForwardPass::plan_positions() {
  const int half = head_dim_ / 2;
  const std::int64_t clamped = cache_.window() - 1 + cache_.sinks();
  cache_.slide();
  for (int token = 0; token < tokens_; ++token) {
    const std::int64_t position = cache_.length();
    const auto id = static_cast<std::size_t>(ids_[static_cast<std::size_t>(token)]);
    cache_.append(config_.token_attributes[id]);
    for (int head = 0; head < kv_heads_; ++head) {
      const KvCache::Visible visible = cache_.visible(head);
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
  const Linear& embed = weights_.embed();
  const auto d = static_cast<std::size_t>(config_.d_model);
  for (std::size_t token = 0; token < ids_.size(); ++token) {
    const float* scale = embed.scales_of(0, ids_[token]);
    widen(embed.rows(0, ids_[token]), scale == nullptr ? 1 : *scale, embed.type,
          {workspace_.x_.as_floats() + token * d, d});
  }
}

void ForwardPass::run() noexcept {
  workspace_.pool_.run([this](int thread, int) { work(thread); });
}

void ForwardPass::work(int thread) noexcept {
  const Tokens none = {nullptr, {}, tokens_, tokens_, 0};
  const Tokens& wanted = outputs_ == Outputs::kAll    ? all_
                         : outputs_ == Outputs::kLast ? last_
                                                      : none;
  for (int i = 0; i < config_.layers; ++i) {
    const Tokens& tokens = i + 1 < config_.layers ? all_ : wanted;
    attention(weights_.layer(i), i, thread, tokens);
    if (tokens.count > 0) feed_forward(weights_.layer(i), thread, tokens);
  }
  if (thread != 0) return;
  for (int token = wanted.begin; token < wanted.end; ++token)
    kernels_.rms_norm(workspace_.x_.as_floats() + token * config_.d_model, weights_.final_norm(),
                      config_.d_model, config_.norm_eps,
                      workspace_.states_.as_floats() + token * config_.d_model);
}

void ForwardPass::attention(const Weights::Layer& layer, int index, int thread,
                            const Tokens& tokens) noexcept {
  const auto& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const Matrix normed = {local.normed.as_floats(), config_.d_model};
  const std::int64_t q_width = std::int64_t{heads_} * head_dim_;
  const std::int64_t kv_width = std::int64_t{kv_heads_} * head_dim_;

  norm(layer.attn_norm, thread, all_);
  linear(layer.q, thread, tokens, normed, {workspace_.q_.as_floats(), q_width});
  linear(layer.k, thread, all_, normed, {workspace_.k_.as_floats(), kv_width});
  linear(layer.v, thread, all_, normed, {workspace_.v_.as_floats(), kv_width});
  wait();
  rotate_queries(thread, tokens);
  int item = 0;
  for (int head = 0; head < kv_heads_; ++head)
    item = attend_head(index, head, thread, tokens, item);
  wait();
  if (tokens.count == 0) return;
  merge(thread, tokens);
  wait();
  linear(layer.o, thread, tokens, {workspace_.attended_.as_floats(), q_width},
         {workspace_.x_.as_floats(), config_.d_model}, true);
  wait();
}

void ForwardPass::feed_forward(const Weights::Layer& layer, int thread,
                               const Tokens& tokens) noexcept {
  const auto& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const Matrix normed = {local.normed.as_floats(), config_.d_model};
  const Matrix gate = {workspace_.gate_.as_floats(), config_.d_ff};
  const Matrix up = {workspace_.up_.as_floats(), config_.d_ff};
  const bool gated = config_.activation == Activation::kSwiGlu;

  norm(layer.ff_norm, thread, tokens);
  if (gated) linear(layer.gate, thread, tokens, normed, gate);
  linear(layer.up, thread, tokens, normed, up);
  const auto [begin, end] = share(config_.d_ff, thread, workspace_.threads());
  for (int token = tokens.begin; token < tokens.end;
       ++token) {  // the rows this thread has computed
    float* const up_row = up.data + token * up.stride + begin;
    if (gated)
      kernels_.swiglu(gate.data + token * gate.stride + begin, up_row, end - begin);
    else
      kernels_.gelu(up_row, end - begin);
  }
  wait();
  linear(layer.down, thread, tokens, gated ? gate : up,
         {workspace_.x_.as_floats(), config_.d_model}, true);
  wait();
}

/// Every thread norms all tokens into memory of its own: cheaper than a further barrier.
void ForwardPass::norm(const float* weight, int thread, const Tokens& tokens) noexcept {
  float* const out = workspace_.locals_[static_cast<std::size_t>(thread)].normed.as_floats();
  for (int token = tokens.begin; token < tokens.end; ++token)
    kernels_.rms_norm(workspace_.x_.as_floats() + token * config_.d_model, weight, config_.d_model,
                      config_.norm_eps, out + token * config_.d_model);
}

/// This thread's rows of y = W x (or y += W x), with the weights of each token's bank.
void ForwardPass::linear(const Linear& linear, int thread, const Tokens& tokens, Matrix x, Matrix y,
                         bool accumulate) noexcept {
  MatmulArgs args;
  std::tie(args.row_begin, args.row_end) = share(linear.out, thread, workspace_.threads());
  args.in = linear.in;
  args.x = x.data;
  args.x_stride = x.stride;
  args.y = y.data;
  args.y_stride = y.stride;
  args.accumulate = accumulate;
  const auto matmul = kernels_.matmul(linear.type);
  const auto apply = [&](int bank, int begin, int end) {
    args.weight = linear.rows(bank);
    args.scale = linear.scales_of(bank);
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

/// Into this thread's own memory, like norm().
void ForwardPass::rotate_queries(int thread, const Tokens& tokens) noexcept {
  const auto& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const float scale = 1 / std::sqrt(static_cast<float>(head_dim_));
  const int half = head_dim_ / 2;
  for (int token = tokens.begin; token < tokens.end; ++token) {
    const auto angle = static_cast<std::size_t>(token * half);
    for (int head = 0; head < heads_; ++head) {
      const std::int64_t at = (std::int64_t{token} * heads_ + head) * head_dim_;
      const float* const query = workspace_.q_.as_floats() + at;
      kernels_.rotate(query, &workspace_.cosine_[angle], &workspace_.sine_[angle], head_dim_, scale,
                      local.query.as_floats() + at);
      if (sees_sinks_)
        kernels_.rotate(query, &workspace_.sink_cosine_[angle], &workspace_.sink_sine_[angle],
                        head_dim_, scale, local.sink_query.as_floats() + at);
    }
  }
}

/// Deals the pages of a head out to the threads, one after the other; returns the next item's
/// number.
int ForwardPass::attend_head(int layer, int head, int thread, const Tokens& tokens,
                             int item) noexcept {
  const int threads = workspace_.threads();
  const std::int64_t low = visible(0, head).low;
  const std::int64_t high = visible(tokens_ - 1, head).high;
  const std::int64_t first = low / kPageTokens;
  const std::int64_t end = high > low ? (high - 1) / kPageTokens + 1 : first;
  if (sees_sinks_)
    for (std::int64_t page = 0; page < sink_pages_; ++page)
      if ((page < first || page >= end) && item++ % threads == thread)
        attend_page(layer, head, thread, tokens, page, true);
  for (std::int64_t page = first; page < end; ++page) {
    if (item++ % threads != thread) continue;
    store_new(layer, head, thread, page);
    attend_page(layer, head, thread, tokens, page, false);
    if (sees_sinks_ && page < sink_pages_) attend_page(layer, head, thread, tokens, page, true);
  }
  return item;
}

/// Writes the keys and values of the block's tokens that lie in a page to the cache.
void ForwardPass::store_new(int layer, int head, int thread, std::int64_t page) noexcept {
  float* const key = workspace_.locals_[static_cast<std::size_t>(thread)].key.as_floats();
  for (int token = 0; token < tokens_; ++token) {
    const KvCache::Visible& sees = visible(token, head);
    const std::int64_t entry = sees.high - 1;
    if (!sees.kept || entry / kPageTokens != page) continue;
    const std::int64_t at = (std::int64_t{token} * kv_heads_ + head) * head_dim_;
    const auto angle = static_cast<std::size_t>(token * (head_dim_ / 2));
    const float* const value = workspace_.v_.as_floats() + at;
    std::uint8_t* const keys = cache_.keys(head, layer, entry);
    std::uint8_t* const values = cache_.values(head, layer, entry);
    kernels_.rotate(workspace_.k_.as_floats() + at, &workspace_.cosine_[angle],
                    &workspace_.sine_[angle], head_dim_, 1, key);
    if (cache_.type() == DType::kBf16) {
      kernels_.narrow(key, head_dim_, reinterpret_cast<Bf16*>(keys));
      kernels_.narrow(value, head_dim_, reinterpret_cast<Bf16*>(values));
    } else {
      std::copy_n(key, head_dim_, reinterpret_cast<float*>(keys));
      std::copy_n(value, head_dim_, reinterpret_cast<float*>(values));
    }
  }
}

/// Attention of all queries of a K/V head over what they see of one page, as sinks or in the
/// window. Neighbouring tokens that see the same entries go through the kernel together.
void ForwardPass::attend_page(int layer, int head, int thread, const Tokens& tokens,
                              std::int64_t page, bool sinks) noexcept {
  auto& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const float* const queries = (sinks ? local.sink_query : local.query).as_floats();
  const std::int64_t slot = sinks ? page : sink_pages_ + page - visible(0, head).low / kPageTokens;
  const auto seen = [&](int token) -> std::pair<std::int64_t, std::int64_t> {
    const KvCache::Visible& sees = visible(token, head);
    const std::int64_t start = page * kPageTokens;
    return {std::max(start, sinks ? 0 : sees.low),
            std::min(start + kPageTokens, sinks ? sees.sinks : sees.high)};
  };
  for (int token = tokens.begin; token < tokens.end;) {
    const auto [begin, end] = seen(token);
    if (begin >= end) {
      ++token;
      continue;
    }
    AttendArgs args;
    for (; token < tokens.end && seen(token) == std::pair(begin, end); ++token)
      for (const int query_head : query_heads_[static_cast<std::size_t>(head)]) {
        const auto n = static_cast<std::size_t>(args.queries++);
        local.queries[n] = queries + (std::int64_t{token} * heads_ + query_head) * head_dim_;
        local.outs[n] = part(slot, token, query_head);
      }
    args.keys = cache_.keys(head, layer, begin);
    args.values = cache_.values(head, layer, begin);
    args.head_dim = head_dim_;
    args.count = static_cast<int>(end - begin);
    args.query = local.queries.data();
    args.out = local.outs.data();
    kernels_.attend(cache_.type())(args);
  }
}

/// Joins the pages' parts, the sinks' first, for this thread's share of the queries.
void ForwardPass::merge(int thread, const Tokens& tokens) noexcept {
  auto& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  int item = 0;
  for (int head = 0; head < kv_heads_; ++head) {
    const std::int64_t first = visible(0, head).low / kPageTokens;
    for (const int query_head : query_heads_[static_cast<std::size_t>(head)])
      for (int token = tokens.begin; token < tokens.end; ++token) {
        if (item++ % workspace_.threads() != thread) continue;
        const KvCache::Visible& sees = visible(token, head);
        std::size_t count = 0;
        for (std::int64_t page = 0; page * kPageTokens < sees.sinks; ++page)
          local.parts[count++] = part(page, token, query_head);
        for (std::int64_t page = sees.low / kPageTokens; page * kPageTokens < sees.high; ++page)
          if (sees.low < sees.high)
            local.parts[count++] = part(sink_pages_ + page - first, token, query_head);
        kernels_.merge(local.parts.data(), static_cast<std::int64_t>(count), head_dim_,
                       workspace_.attended_.as_floats() +
                           (std::int64_t{token} * heads_ + query_head) * head_dim_);
      }
  }
}

float* ForwardPass::part(std::int64_t slot, int token, int head) const {
  const std::int64_t row = (slot * workspace_.block_ + token) * heads_ + head;
  return workspace_.parts_.as_floats() + row * workspace_.part_stride_;
}

}  // namespace sage
