#include "nn/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sage {

KvCache::KvCache(const ModelConfig& config, const KvCacheOptions& options)
    : config_(config),
      options_(options),
      head_dim_(config.head_dim()),
      window_(options.capacity > 0 ? std::min(options.capacity, config.window) : config.window),
      sinks_(std::min(config.sinks, window_ - 1)),
      sink_pages_((sinks_ + kPageTokens - 1) / kPageTokens),
      key_bytes_(static_cast<std::size_t>(panels_bytes(options.type, kPageTokens, head_dim_))),
      value_bytes_(static_cast<std::size_t>(panels_bytes(options.type, head_dim_, kPageTokens))),
      scale_bytes_(options.type == DType::kI8 ? 2 * kPageTokens * sizeof(float) : 0) {
  // Pages are dropped whole and only between blocks, hence two more than what must be kept.
  const int kept = window_ + options.rollback + kMaxBlock;
  const auto pages_a_head =
      static_cast<std::size_t>(sink_pages_ + (kept + kPageTokens - 1) / kPageTokens + 2);
  heads_.resize(static_cast<std::size_t>(config.kv_heads));
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
  std::size_t bytes = 0;
  for (Head& head : heads_) {
    head.begin = bytes;
    bytes += pages_a_head * head.page_bytes;
    head.pages.reserve(pages_a_head);
    for (std::size_t page = pages_a_head; page-- > 0;)
      head.free.push_back(static_cast<std::int32_t>(page));
    head.positions.resize(pages_a_head * kPageTokens);
  }
  memory_ = AlignedBuffer(bytes);
}

std::int32_t KvCache::page_of(const Head& head, std::int64_t entry) const {
  const std::int64_t page = entry / kPageTokens;
  return head.pages[static_cast<std::size_t>(page < sink_pages_ ? page : page - head.dropped)];
}

std::int64_t KvCache::position_of(const Head& head, std::int64_t entry) const {
  return head.positions[static_cast<std::size_t>(page_of(head, entry) * kPageTokens +
                                                 entry % kPageTokens)];
}

/// The first entry of at least this position, among those that have not left.
std::int64_t KvCache::first_at_or_after(const Head& head, std::int64_t position) const {
  std::int64_t low = head.dropped > 0 ? (sink_pages_ + head.dropped) * kPageTokens : 0;
  std::int64_t high = head.count;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (position_of(head, middle) < position)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void KvCache::slide() {
  const std::int64_t needed = length_ - window_ + 1 - options_.rollback;
  if (needed <= 0) return;
  for (Head& head : heads_) {
    for (;;) {
      const std::int64_t end = (sink_pages_ + head.dropped + 1) * kPageTokens;
      if (end > head.count || position_of(head, end - 1) >= needed) break;
      lost_ = std::max(lost_, position_of(head, end - 1) + 1);
      const auto page = head.pages.begin() + sink_pages_;
      head.free.push_back(*page);
      head.pages.erase(page);
      ++head.dropped;
    }
  }
}

void KvCache::append(std::uint8_t attribute) {
  for (Head& head : heads_) {
    head.kept_last = (head.attributes >> attribute & 1) != 0;
    if (!head.kept_last) continue;
    if (head.count % kPageTokens == 0) {
      head.pages.push_back(head.free.back());
      head.free.pop_back();
      // Attention gives entries that are not there the weight 0: they must be numbers.
      std::memset(memory_of(head, head.pages.back()), 0, head.page_bytes);
    }
    const auto at = page_of(head, head.count) * kPageTokens + head.count % kPageTokens;
    head.positions[static_cast<std::size_t>(at)] = length_;
    ++head.count;
    if (length_ < sinks_) ++head.sinks;
  }
  ++length_;
}

KvCache::Visible KvCache::visible(int index) const {
  const Head& head = heads_[static_cast<std::size_t>(index)];
  Visible visible;
  visible.high = head.count;
  visible.kept = head.kept_last;
  const std::int64_t first = length_ - window_;  // position of the oldest token in the window
  if (first <= 0) return visible;
  visible.low = first_at_or_after(head, first);
  visible.sinks = std::min(head.sinks, visible.low);
  return visible;
}

bool KvCache::can_truncate(std::int64_t n) const {
  if (n < 0 || n > length_) return false;
  return n == 0 || n == length_ || lost_ == 0 || n - window_ + 1 >= lost_;
}

void KvCache::truncate(std::int64_t n) {
  if (n == length_) return;
  for (Head& head : heads_) {
    head.count = n == 0 ? 0 : first_at_or_after(head, n);
    head.sinks = std::min(head.sinks, head.count);
    if (n == 0) head.dropped = 0;
    const std::int64_t pages = (head.count + kPageTokens - 1) / kPageTokens;
    const auto held = static_cast<std::size_t>(pages - head.dropped);
    while (head.pages.size() > held) {
      head.free.push_back(head.pages.back());
      head.pages.pop_back();
    }
  }
  if (n == 0) lost_ = 0;
  length_ = n;
}

KvCache KvCache::clone() const {
  KvCache copy(config_, options_);
  copy.length_ = length_;
  copy.lost_ = lost_;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    auto pages = std::move(copy.heads_[i].pages);  // has room for a full window
    auto free = std::move(copy.heads_[i].free);    // likewise
    pages.assign(head.pages.begin(), head.pages.end());
    free.assign(head.free.begin(), head.free.end());
    copy.heads_[i] = head;
    copy.heads_[i].pages = std::move(pages);
    copy.heads_[i].free = std::move(free);
    for (const std::int32_t page : head.pages)
      std::memcpy(copy.memory_of(head, page), memory_of(head, page), head.page_bytes);
  }
  return copy;
}

std::size_t KvCache::bytes() const {
  std::size_t total = 0;
  for (const Head& head : heads_) total += head.pages.size() * head.page_bytes;
  return total;
}

std::size_t KvCache::bytes_per_token() const {
  std::size_t total = 0;
  for (const Head& head : heads_)
    total +=
        head.page_bytes / kPageTokens * static_cast<std::size_t>(length_ == 0 ? 1 : head.count);
  return length_ == 0 ? total : total / static_cast<std::size_t>(length_);
}

KvCache::Plane KvCache::plane(int head, int layer, std::int64_t entry) const {
  const Head& of = heads_[static_cast<std::size_t>(head)];
  const auto index = static_cast<std::size_t>(of.planes[static_cast<std::size_t>(layer)]);
  std::uint8_t* const keys = memory_of(of, page_of(of, entry)) + index * plane_bytes();
  std::uint8_t* const values = keys + key_bytes_;
  auto* const scales = reinterpret_cast<float*>(values + value_bytes_);
  return {keys, values, scales, scales + kPageTokens};
}

void KvCache::store(int head, int layer, std::int64_t entry, const void* key, const void* value,
                    float key_scale, float value_scale) {
  const Plane to = plane(head, layer, entry);
  const std::int64_t slot = entry % kPageTokens;
  if (options_.type == DType::kI8) {
    to.key_scale[slot] = key_scale;
    to.value_scale[slot] = value_scale;
  }
  const auto place = [&](auto element) {
    using T = decltype(element);
    constexpr DType type = sizeof(T) == 4   ? DType::kF32
                           : sizeof(T) == 2 ? DType::kBf16
                                            : DType::kI8;
    const auto* k = static_cast<const T*>(key);
    const auto* v = static_cast<const T*>(value);
    for (int i = 0; i < head_dim_; ++i) {
      std::memcpy(to.keys + panel_offset(type, head_dim_, slot, i), k + i, sizeof(T));
      std::memcpy(to.values + panel_offset(type, kPageTokens, i, slot), v + i, sizeof(T));
    }
  };
  switch (size_of(options_.type)) {
    case 4:
      return place(std::uint32_t{});
    case 2:
      return place(std::uint16_t{});
    default:
      return place(std::uint8_t{});
  }
}

}  // namespace sage
