// The keys and values of one sequence: paged, so that truncating, cloning, a sliding window and
// heads that keep only some tokens are all a matter of page lists. Owned by one session; not
// thread-safe.
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
#include <vector>

#include "kernels/kernel_table.h"
#include "nn/aligned_buffer.h"
#include "nn/config.h"

namespace sage {

/// The elements that go with weights of a type, where nobody says otherwise.
constexpr DType cache_type_for(DType weights) {
  return weights == DType::kI4 ? DType::kI8 : weights;
}

struct KvCacheOptions {
  DType type = DType::kF32;  // kI8: with one f32 scale a key and a value; not kI4
  int capacity = 0;          // window in tokens if smaller than the config's; 0: the config's
  int rollback = 256;        // tokens that truncate() can take back after the window has slid
};

class KvCache {
 public:
  static constexpr int kMaxBlock = 256;  // tokens that are appended at once, at most

  /// Reserves address space for a full window; memory is used as tokens come.
  explicit KvCache(const ModelConfig& config, const KvCacheOptions& options = {});
  KvCache(KvCache&&) = default;
  KvCache& operator=(KvCache&&) = default;

  std::int64_t length() const { return length_; }  // tokens appended, those out of the window too
  int window() const { return window_; }
  int sinks() const { return sinks_; }
  DType type() const { return options_.type; }

  /// Whether the cache can forget all tokens from position n on. Always for 0 and length(). Once
  /// the window has slid, only if everything that a token at n would see is still there, which
  /// holds for at least the last `rollback` tokens.
  bool can_truncate(std::int64_t n) const;
  /// Precondition: can_truncate(n). Keeps the memory of the pages for what comes next.
  void truncate(std::int64_t n);
  /// A copy that goes its own way; copies used pages only.
  KvCache clone() const;

  std::size_t bytes() const;  // of the pages in use
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
  std::size_t plane_bytes() const { return key_bytes_ + value_bytes_ + scale_bytes_; }
  /// Writes an entry: (head_dim) elements of the cache's type each; scales matter for kI8 only.
  void store(int head, int layer, std::int64_t entry, const void* key, const void* value,
             float key_scale = 1, float value_scale = 1);

 private:
  struct Head {
    std::uint32_t attributes = 0;     // bit a: keeps tokens of attribute a
    std::int64_t count = 0;           // entries ever kept
    std::int64_t sinks = 0;           // entries of positions below sinks_
    std::int64_t dropped = 0;         // pages that left, behind the pages of sinks
    bool kept_last = false;           // the last token is an entry
    std::vector<std::int32_t> pages;  // pages of sinks, then what follows the dropped ones

    std::vector<std::int32_t> planes;  // (L): where in a page a layer has its plane
    std::size_t begin = 0;             // of its pages, in memory
    std::size_t page_bytes = 0;
    std::vector<std::int32_t> free;
    std::vector<std::int64_t> positions;  // (pages, kPageTokens)
  };

  std::int32_t page_of(const Head& head, std::int64_t entry) const;
  std::int64_t position_of(const Head& head, std::int64_t entry) const;
  std::int64_t first_at_or_after(const Head& head, std::int64_t position) const;
  std::uint8_t* memory_of(const Head& head, std::int32_t page) const {
    return memory_.bytes() + head.begin + static_cast<std::size_t>(page) * head.page_bytes;
  }

  ModelConfig config_;
  KvCacheOptions options_;
  int head_dim_, window_, sinks_, sink_pages_;
  std::size_t key_bytes_, value_bytes_, scale_bytes_;  // of one plane
  std::int64_t length_ = 0;
  std::int64_t lost_ = 0;  // positions below, sinks apart, may have left
  std::vector<Head> heads_;
  AlignedBuffer memory_;  // head after head: (pages, layers that have it) of planes
};

}  // namespace sage
