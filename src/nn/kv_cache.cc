#include "nn/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sage {

KvCache::KvCache(const ModelConfig& config, const KvCacheOptions& options)
    : KvCache(std::make_shared<KvPool>(config, options)) {}

KvCache::KvCache(std::shared_ptr<KvPool> pool) : pool_(std::move(pool)), heads_(pool_->heads()) {
  pool_->attach();
  for (Head& head : heads_) head.pages.reserve(pool_->pages_a_cache());
}

KvCache& KvCache::operator=(KvCache&& other) noexcept {
  if (this == &other) return *this;
  leave();
  pool_ = std::move(other.pool_);
  length_ = other.length_;
  lost_ = other.lost_;
  heads_ = std::move(other.heads_);
  return *this;
}

KvCache::~KvCache() { leave(); }

void KvCache::leave() {
  if (pool_ == nullptr) return;  // moved from
  truncate(0);
  pool_->detach();
}

KvCache KvCache::fork() const {
  KvCache fork(pool_);
  fork.copy_from(*this);
  return fork;
}

void KvCache::copy_from(const KvCache& other) {
  if (this == &other) return;
  truncate(0);
  length_ = other.length_;
  lost_ = other.lost_;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const Head& from = other.heads_[i];
    Head& head = heads_[i];
    head.count = from.count;
    head.sinks = from.sinks;
    head.dropped = from.dropped;
    head.kept_last = from.kept_last;
    head.pages.assign(from.pages.begin(), from.pages.end());  // has room for a full window
    for (KvPage* page : head.pages) ++page->owners;
  }
}

/// The first entry of at least this position, among those that have not left.
std::int64_t KvCache::first_at_or_after(const Head& head, std::int64_t position) const {
  std::int64_t low = head.dropped > 0 ? (pool_->sink_pages() + head.dropped) * kPageTokens : 0;
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
  const std::int64_t needed = length_ - window() + 1 - pool_->options().rollback;
  if (needed <= 0) return;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    for (;;) {
      const std::int64_t end = (pool_->sink_pages() + head.dropped + 1) * kPageTokens;
      if (end > head.count || position_of(head, end - 1) >= needed) break;
      lost_ = std::max(lost_, position_of(head, end - 1) + 1);
      const auto page = head.pages.begin() + pool_->sink_pages();
      pool_->let_go(i, *page);
      head.pages.erase(page);
      ++head.dropped;
    }
  }
}

void KvCache::append(std::uint8_t attribute) {
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    head.kept_last = (pool_->head(i).attributes >> attribute & 1) != 0;
    if (!head.kept_last) continue;
    const auto slot = static_cast<std::size_t>(head.count % kPageTokens);
    if (slot == 0)
      head.pages.push_back(pool_->take(i));
    else if (KvPage*& page = head.pages[index_of(head, head.count)]; page->owners > 1)
      page = pool_->copy(i, page);
    page_of(head, head.count)->positions[slot] = length_;
    ++head.count;
    if (length_ < sinks()) ++head.sinks;
  }
  ++length_;
}

KvCache::Visible KvCache::visible(int index) const {
  const Head& head = heads_[static_cast<std::size_t>(index)];
  Visible visible;
  visible.high = head.count;
  visible.kept = head.kept_last;
  const std::int64_t first = length_ - window();  // position of the oldest token in the window
  if (first <= 0) return visible;
  visible.low = first_at_or_after(head, first);
  visible.sinks = std::min(head.sinks, visible.low);
  return visible;
}

bool KvCache::can_truncate(std::int64_t n) const {
  if (n < 0 || n > length_) return false;
  return n == 0 || n == length_ || lost_ == 0 || n - window() + 1 >= lost_;
}

void KvCache::truncate(std::int64_t n) {
  if (n == length_) return;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    head.count = n == 0 ? 0 : first_at_or_after(head, n);
    head.sinks = std::min(head.sinks, head.count);
    if (n == 0) head.dropped = 0;
    const std::int64_t pages = (head.count + kPageTokens - 1) / kPageTokens;
    const auto held = static_cast<std::size_t>(pages - head.dropped);
    while (head.pages.size() > held) {
      pool_->let_go(i, head.pages.back());
      head.pages.pop_back();
    }
  }
  if (n == 0) lost_ = 0;
  length_ = n;
}

std::size_t KvCache::bytes() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < heads_.size(); ++i)
    total += heads_[i].pages.size() * pool_->head(i).page_bytes;
  return total;
}

std::size_t KvCache::bytes_per_token() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < heads_.size(); ++i)
    total += pool_->head(i).page_bytes / kPageTokens *
             static_cast<std::size_t>(length_ == 0 ? 1 : heads_[i].count);
  return length_ == 0 ? total : total / static_cast<std::size_t>(length_);
}

KvCache::Plane KvCache::plane(int head, int layer, std::int64_t entry) const {
  const auto index = static_cast<std::size_t>(head);
  const auto number =
      static_cast<std::size_t>(pool_->head(index).planes[static_cast<std::size_t>(layer)]);
  std::uint8_t* const keys =
      page_of(heads_[index], entry)->planes() + number * pool_->plane_bytes();
  std::uint8_t* const values = keys + pool_->key_bytes();
  auto* const scales = reinterpret_cast<float*>(values + pool_->value_bytes());
  return {keys, values, scales, scales + kPageTokens};
}

void KvCache::store(int head, int layer, std::int64_t entry, const void* key, const void* value,
                    float key_scale, float value_scale) {
  const Plane to = plane(head, layer, entry);
  const std::int64_t slot = entry % kPageTokens;
  const int head_dim = pool_->config().head_dim();
  if (type() == DType::kI8) {
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
    for (int i = 0; i < head_dim; ++i) {
      std::memcpy(to.keys + panel_offset(type, head_dim, slot, i), k + i, sizeof(T));
      std::memcpy(to.values + panel_offset(type, kPageTokens, i, slot), v + i, sizeof(T));
    }
  };
  switch (size_of(type())) {
    case 4:
      return place(std::uint32_t{});
    case 2:
      return place(std::uint16_t{});
    default:
      return place(std::uint8_t{});
  }
}

}  // namespace sage
