// Pages of keys and values for the caches of one model. A page may belong to several caches, which
// share what they have in common; whoever writes to a shared page gets a copy of its own first.
//
// Grows when a cache is made and never while one is in use: there is room for every cache to fill
// its window. The caches of a pool belong to one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/aligned_buffer.h"
#include "nn/config.h"

namespace sage {

struct KvCacheOptions {
  DType type = DType::kF32;  // kI8: with one f32 scale a key and a value; not kI4
  int capacity = 0;          // window in tokens if smaller than the config's; 0: the config's
  int rollback = 256;        // tokens that truncate() can take back after the window has slid
};

/// The entries of one K/V head; what its layers keep of them (the planes) follows in memory.
struct KvPage {
  std::int32_t owners;                              // caches that have the page
  std::array<std::int64_t, kPageTokens> positions;  // of its entries

  std::uint8_t* planes();
};

class KvPool {
 public:
  static constexpr int kMaxBlock = 256;  // tokens that are appended to a cache at once, at most

  explicit KvPool(const ModelConfig& config, const KvCacheOptions& options = {});
  KvPool(const KvPool&) = delete;
  KvPool& operator=(const KvPool&) = delete;

  const ModelConfig& config() const { return config_; }
  const KvCacheOptions& options() const { return options_; }
  int window() const { return window_; }
  int sinks() const { return sinks_; }
  int sink_pages() const { return sink_pages_; }
  int caches() const { return caches_; }
  /// Of the pages in use, each counted once.
  std::size_t bytes() const;

  // For KvCache.

  /// What is the same in all caches of a K/V head.
  struct Head {
    std::uint32_t attributes = 0;      // bit a: keeps tokens of attribute a
    std::vector<std::int32_t> planes;  // (L): where in a page a layer has its plane
    std::size_t page_bytes = 0;        // of the planes
    std::vector<KvPage*> free;
    std::size_t used = 0;  // pages
  };
  const Head& head(std::size_t index) const { return heads_[index]; }
  std::size_t heads() const { return heads_.size(); }
  std::size_t pages_a_cache() const { return pages_a_cache_; }
  std::size_t key_bytes() const { return key_bytes_; }
  std::size_t value_bytes() const { return value_bytes_; }
  std::size_t plane_bytes() const { return key_bytes_ + value_bytes_ + scale_bytes_; }

  /// Makes room for one more cache, and takes it back.
  void attach();
  void detach() { --caches_; }
  /// A page of zeros; of one owner, as all that follow.
  KvPage* take(std::size_t head);
  /// A page with what `page` holds; lets go of that one.
  KvPage* copy(std::size_t head, KvPage* page);
  void let_go(std::size_t head, KvPage* page);

 private:
  KvPage* unused(std::size_t head);

  ModelConfig config_;
  KvCacheOptions options_;
  int window_, sinks_, sink_pages_;
  std::size_t pages_a_cache_;                          // of each head
  std::size_t key_bytes_, value_bytes_, scale_bytes_;  // of one plane
  std::vector<Head> heads_;
  int caches_ = 0;
  std::vector<AlignedBuffer> slabs_;  // each the pages of one cache: head after head
};

/// Where the planes of a page begin: at a line of their own.
inline constexpr std::size_t kPageHeader = (sizeof(KvPage) + AlignedBuffer::kAlignment - 1) /
                                           AlignedBuffer::kAlignment * AlignedBuffer::kAlignment;

inline std::uint8_t* KvPage::planes() {
  return reinterpret_cast<std::uint8_t*>(this) + kPageHeader;
}

}  // namespace sage
