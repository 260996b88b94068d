// Which tokens may come next, as sorted disjoint ranges of ids.
//
// Kinds occupy contiguous ids and the grammar restricts values to intervals, so a handful of ranges
// says everything, and the model computes logits for those rows only.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>

#include "tokens/token.h"

namespace sage {

/// A range of token ids, end exclusive. Plain memory: a mask does not zero what it does not use.
struct IdRange {
  TokenId begin;
  TokenId end;
  friend constexpr bool operator==(IdRange, IdRange) = default;
};

/// A fixed-capacity set of ids. Allocates nothing; ranges are added in ascending order. The
/// capacity holds the worst state of grammar and wishes: every second program may be named, pitch
/// and drum be played or released, and position be reached (65, 64, 64 and 72 ranges), beside a few
/// of other kinds.
class TokenMask {
 public:
  static constexpr std::size_t kCapacity = 320;

  TokenMask() {}  // not defaulted: that would zero the ranges where a mask is value-initialised
  TokenMask(const TokenMask& other) : size_(other.size_) {
    std::copy_n(other.ranges_.begin(), size_, ranges_.begin());
  }
  TokenMask& operator=(const TokenMask& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    std::copy_n(other.ranges_.begin(), size_, ranges_.begin());
    return *this;
  }

  void clear() { size_ = 0; }
  /// Adds [begin, end), ignoring an empty one; merges with the previous range when they touch.
  void add(TokenId begin, TokenId end) {
    if (begin >= end) return;
    if (size_ > 0 && ranges_[size_ - 1].end == begin) {
      ranges_[size_ - 1].end = end;
    } else {
      assert(size_ < kCapacity);
      if (size_ < kCapacity) ranges_[size_++] = {begin, end};
    }
  }
  /// Takes the ids of `range` out.
  void remove(IdRange range) {
    const auto meets = [&](IdRange r) { return r.begin < range.end && range.begin < r.end; };
    if (std::none_of(ranges().begin(), ranges().end(), meets)) return;  // as mostly
    const TokenMask old = *this;
    clear();
    for (const IdRange& kept : old.ranges()) {
      add(kept.begin, std::min(kept.end, range.begin));
      add(std::max(kept.begin, range.end), kept.end);
    }
  }
  /// Of the ids in `range`, leaves those for which `keep(id)` holds. Others stay as they are.
  template <class Keep>
  void filter(IdRange range, Keep&& keep) {
    const auto meets = [&](IdRange r) { return r.begin < range.end && range.begin < r.end; };
    if (std::none_of(ranges().begin(), ranges().end(), meets)) return;
    const TokenMask old = *this;
    clear();
    for (const IdRange& allowed : old.ranges()) {
      const TokenId first = std::max(allowed.begin, range.begin);
      const TokenId last = std::min(allowed.end, range.end);
      add(allowed.begin, std::min(allowed.end, range.begin));
      for (TokenId id = first; id < last; ++id)
        if (keep(id)) add(id, id + 1);
      add(std::max(allowed.begin, range.end), allowed.end);
    }
  }
  /// Leaves `id` alone, where it was allowed.
  void keep_only(TokenId id) {
    const bool allowed = allows(id);
    clear();
    if (allowed) add(id, id + 1);
  }
  std::span<const IdRange> ranges() const { return {ranges_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  bool allows(TokenId id) const {
    for (const auto& range : ranges())
      if (id >= range.begin && id < range.end) return true;
    return false;
  }
  int count() const {
    int n = 0;
    for (const auto& range : ranges()) n += range.end - range.begin;
    return n;
  }

 private:
  std::array<IdRange, kCapacity> ranges_;  // the first size_ of them
  std::size_t size_ = 0;
};

}  // namespace sage
