// The attention of a block: queries rotated, keys and values stored, chunks of pages attended over,
// their parts merged.
#include <algorithm>
#include <cmath>
#include <vector>

#include "nn/forward_pass.h"

namespace sage {
namespace {

constexpr std::int64_t kChunkTokens = kChunkPages * kPageTokens;

}  // namespace

/// Pieces of a single token's attention: the chunks of every head, and its sinks.
int ForwardPass::attend_items(int layer) const noexcept {
  std::int64_t pieces = 0;
  for (int head = 0; head < kv_heads(layer); ++head) {
    const auto [first, end] = chunks(head, all_);
    pieces += end - first + 1;
  }
  return static_cast<int>(std::min<std::int64_t>(pieces, Team::kMaxItems));
}

/// A single token: an item is a run of neighbouring pieces.
void ForwardPass::attend_one(int layer, const Share& share, const Tokens& tokens) noexcept {
  std::int64_t pieces = 0, piece = 0;
  for (int head = 0; head < kv_heads(layer); ++head) {
    const auto [first, end] = chunks(head, all_);
    pieces += end - first + 1;
  }
  const std::int64_t begin = pieces * share.item / share.items;
  const std::int64_t end = pieces * (share.item + 1) / share.items;
  const auto is_mine = [&](std::int64_t number) { return number >= begin && number < end; };
  for (int head = 0; head < kv_heads(layer); ++head) {
    const KvCache::Visible& sees = visible(0, head);
    const auto [first, last] = chunks(head, all_);
    // Whoever attends over the chunk of the new entry stores it, before all else. Sinks in the same
    // chunk are its business, too: nobody may read beside what is being written.
    const std::int64_t newest = (sees.high - 1) / kChunkTokens;
    const bool owns_newest = is_mine(piece + newest - first);
    if (sees.kept && owns_newest) store(layer, head, 0, share.thread);
    if (tokens.count == 0) {  // nobody asks what it reads
      piece += last - first + 1;
      continue;
    }
    for (std::int64_t chunk = first; chunk < last; ++chunk)
      if (is_mine(piece++)) attend_chunk(layer, head, share.thread, tokens, chunk);
    const bool near = newest * kChunkTokens < sees.sinks;
    const bool owns_sinks = is_mine(piece++);
    if (sees.sinks > 0 && (near ? owns_newest : owns_sinks))
      attend_sinks(layer, head, share.thread, tokens);
  }
}

/// Several tokens, whose keys and values are stored.
void ForwardPass::attend_many(int layer, int thread, const Tokens& tokens) noexcept {
  rotate_queries(thread, tokens);
  if (caches_.size() == 1) return attend_together(layer, thread, tokens);
  Tokens one = tokens;
  for (one.begin = tokens.begin; one.begin < tokens.end; ++one.begin) {
    one.end = one.begin + 1;
    attend_together(layer, thread, one);
  }
}

/// Tokens of one sequence.
void ForwardPass::attend_together(int layer, int thread, const Tokens& tokens) noexcept {
  for (int head = 0; head < kv_heads(layer); ++head) {
    const auto [first, end] = chunks(head, tokens);
    for (std::int64_t chunk = first; chunk < end; ++chunk)
      attend_chunk(layer, head, thread, tokens, chunk);
    if (sees_sinks_) attend_sinks(layer, head, thread, tokens);
    for (const int query_head : readers(layer, head))
      for (int token = tokens.begin; token < tokens.end; ++token)
        merge(tokens, token, head, query_head, thread);
  }
}

void ForwardPass::rotate_queries(int thread, const Tokens& tokens) noexcept {
  Workspace::Local& local = shared(thread);
  const float scale = 1 / std::sqrt(static_cast<float>(head_dim_));
  const bool narrow = cache_type_ == DType::kI8;
  const auto rotate = [&](std::int64_t row, const std::vector<float>& cosine,
                          const std::vector<float>& sine, float* out, const AlignedBuffer& out8,
                          std::vector<RowScale>& scales) {
    const auto angle = static_cast<std::size_t>(row / heads_ * (head_dim_ / 2));
    kernels_.rotate(workspace_.q_.as_floats() + row * head_dim_, &cosine[angle], &sine[angle],
                    head_dim_, scale, out + row * head_dim_);
    if (!narrow) return;
    kernels_.quantise(
        out + row * head_dim_, head_dim_,
        reinterpret_cast<std::int8_t*>(out8.bytes()) + row * workspace_.query8_stride_,
        &scales[static_cast<std::size_t>(row)]);
  };
  for (std::int64_t row = std::int64_t{tokens.begin} * heads_;
       row < std::int64_t{tokens.end} * heads_; ++row) {
    rotate(row, workspace_.cosine_, workspace_.sine_, local.query.as_floats(), local.query8,
           local.query_scale);
    if (sees_sinks_)
      rotate(row, workspace_.sink_cosine_, workspace_.sink_sine_, local.sink_query.as_floats(),
             local.sink_query8, local.sink_query_scale);
  }
}

/// Writes the key and the value of one of the block's tokens to the cache.
void ForwardPass::store(int layer, int head, int token, int thread) noexcept {
  Workspace::Local& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const std::int64_t entry = visible(token, head).high - 1;
  const std::int64_t at = (std::int64_t{token} * kv_heads(layer) + head) * head_dim_;
  const auto angle = static_cast<std::size_t>(token * (head_dim_ / 2));
  const float* const value = workspace_.v_.as_floats() + at;
  float* const key = local.key.as_floats();
  kernels_.rotate(workspace_.k_.as_floats() + at, &workspace_.cosine_[angle],
                  &workspace_.sine_[angle], head_dim_, 1, key);
  std::uint8_t* const narrow_key = local.key8.bytes();
  std::uint8_t* const narrow_value = local.value8.bytes();
  KvCache& cache = this->cache(token);
  switch (cache_type_) {
    case DType::kF32:
      cache.store(head, layer, entry, key, value);
      return;
    case DType::kBf16:
      kernels_.narrow(key, head_dim_, reinterpret_cast<Bf16*>(narrow_key));
      kernels_.narrow(value, head_dim_, reinterpret_cast<Bf16*>(narrow_value));
      cache.store(head, layer, entry, narrow_key, narrow_value);
      return;
    case DType::kI4:  // no cache has it
      return;
    case DType::kI8: {
      RowScale key_scale, value_scale;
      kernels_.quantise(key, head_dim_, reinterpret_cast<std::int8_t*>(narrow_key), &key_scale);
      kernels_.quantise(value, head_dim_, reinterpret_cast<std::int8_t*>(narrow_value),
                        &value_scale);
      cache.store(head, layer, entry, narrow_key, narrow_value, key_scale.scale, value_scale.scale);
      return;
    }
  }
}

/// Attention of all queries of a K/V head over the sinks that have left their window.
void ForwardPass::attend_sinks(int layer, int head, int thread, const Tokens& tokens) noexcept {
  for (std::int64_t page = 0; page < sink_pages_; ++page)
    attend_page(layer, head, thread, tokens, {page, page, page, true}, [&](int token) {
      const std::int64_t end = visible(token, head).sinks - page * kPageTokens;
      return Seen{0, static_cast<int>(std::clamp<std::int64_t>(end, 0, kPageTokens)), false};
    });
}

/// The same over one chunk of pages in the window.
void ForwardPass::attend_chunk(int layer, int head, int thread, const Tokens& tokens,
                               std::int64_t chunk) noexcept {
  const std::int64_t start = chunk * kChunkPages;
  const std::int64_t slot = sink_pages_ + chunk - chunks(head, tokens).first;
  const std::int64_t last = (visible(tokens.end - 1, head).high - 1) / kPageTokens;
  for (std::int64_t page = start; page < start + kChunkPages && page <= last; ++page) {
    const std::int64_t next = std::min(page + 1, last);
    attend_page(layer, head, thread, tokens, {page, next, slot, false}, [&](int token) {
      const KvCache::Visible& sees = visible(token, head);
      const auto within = [&](std::int64_t entry) {
        return static_cast<int>(
            std::clamp<std::int64_t>(entry - page * kPageTokens, 0, kPageTokens));
      };
      return Seen{within(sees.low), within(sees.high),
                  page > start && sees.low < page * kPageTokens};
    });
  }
}

/// Neighbouring tokens that see the same entries go through the kernel together, and with them all
/// query heads that share the K/V head: what is read of the page is read once for all.
template <class SeenBy>
void ForwardPass::attend_page(int layer, int head, int thread, const Tokens& tokens,
                              const Page& page, const SeenBy& seen_by) noexcept {
  const bool sinks = page.sinks;
  const Workspace::Local& from = shared(thread);
  Workspace::Local& local = workspace_.locals_[static_cast<std::size_t>(thread)];
  const bool narrow = cache_type_ == DType::kI8;
  const KvCache& cache = this->cache(tokens.begin);
  const std::uint8_t* const queries =
      (narrow ? (sinks ? from.sink_query8 : from.query8) : (sinks ? from.sink_query : from.query))
          .bytes();
  const std::int64_t stride =
      narrow ? workspace_.query8_stride_ : head_dim_ * std::int64_t{sizeof(float)};
  const RowScale* const scales = (sinks ? from.sink_query_scale : from.query_scale).data();
  for (int token = tokens.begin; token < tokens.end;) {
    const Seen seen = seen_by(token);
    if (seen.begin >= seen.end) {
      ++token;
      continue;
    }
    AttendArgs args;
    for (; token < tokens.end && seen_by(token) == seen; ++token)
      for (const int query_head : readers(layer, head)) {
        const auto n = static_cast<std::size_t>(args.queries++);
        const std::int64_t row = std::int64_t{token} * heads_ + query_head;
        local.queries[n] = queries + row * stride;
        local.query_scales[n] = scales + row;
        local.outs[n] = part(page.slot, token, query_head);
      }
    const KvCache::Plane plane = cache.plane(head, layer, page.number * kPageTokens);
    args.keys = plane.keys;
    args.values = plane.values;
    args.key_scale = plane.key_scale;
    args.value_scale = plane.value_scale;
    args.head_dim = head_dim_;
    args.begin = seen.begin;
    args.end = seen.end;
    args.query = local.queries.data();
    args.query_scale = local.query_scales.data();
    args.out = local.outs.data();
    args.extend = seen.extends;
    if (page.next != page.number)
      args.ahead = cache.plane(head, layer, page.next * kPageTokens).keys - plane.keys;
    kernels_.attend(cache_type_)(args);
  }
}

/// Joins the parts of one query, the sinks' first.
void ForwardPass::merge(const Tokens& tokens, int token, int head, int query_head,
                        int thread) noexcept {
  auto& parts = workspace_.locals_[static_cast<std::size_t>(thread)].parts;
  const KvCache::Visible& sees = visible(token, head);
  std::size_t count = 0;
  for (std::int64_t page = 0; page * kPageTokens < sees.sinks; ++page)
    parts[count++] = part(page, token, query_head);
  const std::int64_t first = chunks(head, tokens).first;
  if (sees.low < sees.high)
    for (std::int64_t chunk = sees.low / kChunkTokens; chunk * kChunkTokens < sees.high; ++chunk)
      parts[count++] = part(sink_pages_ + chunk - first, token, query_head);
  kernels_.merge(
      parts.data(), static_cast<std::int64_t>(count), head_dim_,
      workspace_.attended_.as_floats() + (std::int64_t{token} * heads_ + query_head) * head_dim_);
}

/// The attention of tokens whose keys are stored and whose queries are rotated, once more and
/// slowly, for an observer.
void ForwardPass::show(int layer, int thread, const Tokens& tokens) const noexcept {
  const float* const queries = shared(thread).query.as_floats();
  std::vector<double> scores;
  for (int token = tokens.begin; token < tokens.end; ++token)
    for (int head = 0; head < kv_heads(layer); ++head) {
      const std::int64_t count = visible(token, head).high;
      if (count == 0) continue;
      for (const int query_head : readers(layer, head)) {
        const float* const query =
            queries + (std::int64_t{token} * heads_ + query_head) * head_dim_;
        scores.assign(static_cast<std::size_t>(panel_count(count) * kPanelRows), 0.0);
        for (std::int64_t entry = 0; entry < count; entry += kPanelRows) {
          const auto* keys = reinterpret_cast<const float*>(
              cache(token).plane(head, layer, entry).keys +
              panel_offset(DType::kF32, head_dim_, entry % kPageTokens, 0));
          double* const row = scores.data() + entry;
          for (int i = 0; i < head_dim_; ++i, keys += kPanelRows)
            for (int key = 0; key < kPanelRows; ++key)
              row[key] += static_cast<double>(query[i]) * static_cast<double>(keys[key]);
        }
        scores.resize(static_cast<std::size_t>(count));
        const double top = *std::max_element(scores.begin(), scores.end());
        double sum = 0;
        for (double& score : scores) sum += score = std::exp(score - top);
        for (double& score : scores) score /= sum;
        observer_->attended(layer, query_head, cache(token).length() - tokens_ + token, scores);
      }
    }
}

std::pair<std::int64_t, std::int64_t> ForwardPass::chunks(int head, const Tokens& tokens) const {
  const std::int64_t low = visible(tokens.begin, head).low;
  const std::int64_t high = visible(tokens.end - 1, head).high;
  const std::int64_t first = low / kChunkTokens;
  return {first, high > low ? (high - 1) / kChunkTokens + 1 : first};
}

float* ForwardPass::part(std::int64_t slot, int token, int head) const {
  const std::int64_t row = (slot * workspace_.block_ + token) * heads_ + head;
  return workspace_.parts_.as_floats() + row * workspace_.part_stride_;
}

}  // namespace sage
