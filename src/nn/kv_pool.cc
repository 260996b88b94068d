#include "nn/kv_pool.h"

#include <algorithm>
#include <cstring>

#include "kernels/panels.h"

namespace sage {

KvPool::KvPool(const ModelConfig& config, const KvCacheOptions& options)
    : config_(config),
      options_(options),
      window_(options.capacity > 0 ? std::min(options.capacity, config.window) : config.window),
      sinks_(std::min(config.sinks, window_ - 1)),
      sink_pages_((sinks_ + kPageTokens - 1) / kPageTokens),
      // Pages are dropped whole and only between blocks, hence two more than what must be kept.
      pages_a_cache_(static_cast<std::size_t>(
          sink_pages_ + (window_ + options.rollback + kMaxBlock + kPageTokens - 1) / kPageTokens +
          2)),
      key_bytes_(
          static_cast<std::size_t>(panels_bytes(options.type, kPageTokens, config.head_dim()))),
      value_bytes_(
          static_cast<std::size_t>(panels_bytes(options.type, config.head_dim(), kPageTokens))),
      scale_bytes_(options.type == DType::kI8 ? 2 * kPageTokens * sizeof(float) : 0),
      heads_(static_cast<std::size_t>(config.kv_heads)) {
  for (int layer = 0; layer < config.layers; ++layer) {
    const AttentionSpec spec = attention_of(config, layer);
    for (std::size_t i = 0; i < spec.keys.size(); ++i) {
      Head& head = heads_[i];
      head.attributes = spec.keys[i];
      head.planes.resize(static_cast<std::size_t>(layer));
      head.planes.push_back(static_cast<std::int32_t>(head.page_bytes / plane_bytes()));
      head.page_bytes += plane_bytes();
    }
  }
}

void KvPool::attach() {
  if (static_cast<std::size_t>(++caches_) <= slabs_.size()) return;
  std::size_t bytes = 0;
  for (const Head& head : heads_) bytes += pages_a_cache_ * (kPageHeader + head.page_bytes);
  std::uint8_t* at = slabs_.emplace_back(bytes).bytes();
  for (Head& head : heads_) {
    head.free.reserve(slabs_.size() * pages_a_cache_);
    const std::size_t stride = kPageHeader + head.page_bytes;
    // Those that were used before first, then these, from the lowest on.
    const auto first = head.free.begin();
    std::vector<KvPage*> fresh;
    for (std::size_t page = pages_a_cache_; page-- > 0;)
      fresh.push_back(reinterpret_cast<KvPage*>(at + page * stride));
    head.free.insert(first, fresh.begin(), fresh.end());
    at += pages_a_cache_ * stride;
  }
}

KvPage* KvPool::unused(std::size_t index) {
  Head& head = heads_[index];
  KvPage* const page = head.free.back();
  head.free.pop_back();
  ++head.used;
  page->owners = 1;
  return page;
}

KvPage* KvPool::take(std::size_t index) {
  KvPage* const page = unused(index);
  // Attention gives entries that are not there the weight 0: they must be numbers.
  std::memset(page->planes(), 0, heads_[index].page_bytes);
  return page;
}

KvPage* KvPool::copy(std::size_t index, KvPage* page) {
  KvPage* const own = unused(index);
  own->positions = page->positions;
  std::memcpy(own->planes(), page->planes(), heads_[index].page_bytes);
  let_go(index, page);
  return own;
}

void KvPool::let_go(std::size_t index, KvPage* page) {
  if (--page->owners > 0) return;
  heads_[index].free.push_back(page);
  --heads_[index].used;
}

std::size_t KvPool::bytes() const {
  std::size_t total = 0;
  for (const Head& head : heads_) total += head.used * head.page_bytes;
  return total;
}

}  // namespace sage
