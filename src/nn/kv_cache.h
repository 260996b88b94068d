// The keys and values of one sequence: paged, so that truncating, forking, a sliding window and
// heads that keep only some tokens are all a matter of page lists. The pages come from a pool
// (nn/kv_pool.h), where sequences that begin alike share them. Owned by one session; not
// thread-safe, and the caches of one pool are one thread's.
//
// A K/V head g keeps the tokens whose attribute is in AttentionSpec::keys[g]; its e-th kept token
// is its entry e. Entries lie in pages of kPageTokens; a page holds them for all layers that have
// the head. Keys are stored rotated by their absolute position. In a page, keys and values are
// matrices in panels (kernels/panels.h): a row a key, and a row an element of the values, so that
// attention streams both from end to end.
//
// Sliding window with attention sinks (the idea of StreamingLLM, Xiao et al. 2023). The query at
// position p sees the positions above p - window, and the first `sinks` positions for ever. Rotary
// scores depend on distances alone, so instead of moving the keys of sinks along, a query that has
// left them behind meets them with its position clamped to window - 1 + sinks: they seem to sit
// just before the window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/config.h"
#include "nn/kv_pool.h"

namespace sage {

/// The elements that go with weights of a type, where nobody says otherwise.
constexpr DType cache_type_for(DType weights) {
  return weights == DType::kI4 ? DType::kI8 : weights;
}

class KvCache {
 public:
  static constexpr int kMaxBlock = KvPool::kMaxBlock;

  /// With a pool of its own.
  explicit KvCache(const ModelConfig& config, const KvCacheOptions& options = {});
  /// Reserves address space for a full window; memory is used as tokens come.
  explicit KvCache(std::shared_ptr<KvPool> pool);
  KvCache(KvCache&& other) noexcept = default;
  KvCache& operator=(KvCache&& other) noexcept;
  ~KvCache();

  std::int64_t length() const { return length_; }  // tokens appended, those out of the window too
  int window() const { return pool_->window(); }
  int sinks() const { return pool_->sinks(); }
  DType type() const { return pool_->options().type; }
  const std::shared_ptr<KvPool>& pool() const { return pool_; }

  /// Whether the cache can forget all tokens from position n on. Always for 0 and length(). Once
  /// the window has slid, only if everything that a token at n would see is still there, which
  /// holds for at least the last `rollback` tokens.
  bool can_truncate(std::int64_t n) const;
  /// Precondition: can_truncate(n). Keeps the memory of the pages for what comes next.
  void truncate(std::int64_t n);
  /// A cache of the same pool that holds the same and goes its own way: what was there is shared,
  /// and copied page by page where one of the two writes.
  KvCache fork() const;
  /// Becomes a fork of another cache of the pool. Allocates nothing.
  void copy_from(const KvCache& other);

  std::size_t bytes() const;  // of its pages, the shared ones too
  /// What a token in the cache costs: the mean over those that are in it, or for an empty cache the
  /// cost of a token that every head keeps.
  std::size_t bytes_per_token() const;

  // For the engine.

  /// What one query sees of one head: the entries [0, sinks) and [low, high), sinks <= low.
  struct Visible {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t sinks = 0;
    bool kept = false;  // the head keeps the token itself, as entry high - 1
  };

  /// Lets go of pages that have left the window. To be called before every block of appended
  /// tokens.
  void slide();
  /// Appends a token, whose keys and values are still to be written.
  void append(std::uint8_t attribute);
  /// What the token appended last sees of a head.
  Visible visible(int head) const;

  /// The keys and values of one page, head and layer.
  struct Plane {
    std::uint8_t* keys;    // (kPageTokens, head_dim) in panels
    std::uint8_t* values;  // (head_dim, kPageTokens) in panels
    float* key_scale;      // (kPageTokens); kI8 only
    float* value_scale;    // (kPageTokens); kI8 only
  };
  /// The plane that an entry lies in, as number entry % kPageTokens. Entries that nobody has stored
  /// are finite.
  Plane plane(int head, int layer, std::int64_t entry) const;
  /// Of one plane, from its keys to its last scale.
  std::size_t plane_bytes() const { return pool_->plane_bytes(); }
  /// Writes an entry: (head_dim) elements of the cache's type each; scales matter for kI8 only.
  void store(int head, int layer, std::int64_t entry, const void* key, const void* value,
             float key_scale = 1, float value_scale = 1);

 private:
  struct Head {
    std::int64_t count = 0;      // entries ever kept
    std::int64_t sinks = 0;      // entries of positions below the sinks' end
    std::int64_t dropped = 0;    // pages that left, behind the pages of sinks
    bool kept_last = false;      // the last token is an entry
    std::vector<KvPage*> pages;  // pages of sinks, then what follows the dropped ones
  };

  std::size_t index_of(const Head& head, std::int64_t entry) const {
    const std::int64_t page = entry / kPageTokens;
    return static_cast<std::size_t>(page < pool_->sink_pages() ? page : page - head.dropped);
  }
  KvPage* page_of(const Head& head, std::int64_t entry) const {
    return head.pages[index_of(head, entry)];
  }
  std::int64_t position_of(const Head& head, std::int64_t entry) const {
    return page_of(head, entry)->positions[static_cast<std::size_t>(entry % kPageTokens)];
  }
  std::int64_t first_at_or_after(const Head& head, std::int64_t position) const;
  void leave();

  std::shared_ptr<KvPool> pool_;
  std::int64_t length_ = 0;
  std::int64_t lost_ = 0;  // positions below, sinks apart, may have left
  std::vector<Head> heads_;
};

}  // namespace sage
