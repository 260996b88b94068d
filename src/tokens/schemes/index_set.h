// A small set of indices that is quick to walk from gap to gap.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sage {

/// A subset of 0..191: programs, or pitches.
class IndexSet {
 public:
  static constexpr int kCapacity = 192;

  void set(int i) { words_[word(i)] |= bit(i); }
  void reset(int i) { words_[word(i)] &= ~bit(i); }
  void clear() { words_ = {}; }
  void clear_below(int i) {
    for (std::size_t w = 0; w < kWords; ++w) {
      const int kept = i - static_cast<int>(w) * 64;  // the first bit of this word that stays
      if (kept >= 64)
        words_[w] = 0;
      else if (kept > 0)
        words_[w] &= ~(bit(kept) - 1);
    }
  }
  bool has(int i) const { return (words_[word(i)] & bit(i)) != 0; }
  /// The first member >= i, kCapacity where there is none.
  int next(int i) const { return first<false>(i); }
  /// The first non-member >= i, kCapacity where there is none.
  int next_gap(int i) const { return first<true>(i); }
  /// Whether there is a member >= i.
  bool any(int i = 0) const { return next(i) < kCapacity; }

 private:
  static constexpr std::size_t kWords = kCapacity / 64;
  static constexpr std::size_t word(int i) { return static_cast<std::size_t>(i) / 64; }
  static constexpr std::uint64_t bit(int i) { return std::uint64_t{1} << (i % 64); }

  template <bool kGap>
  int first(int i) const {
    std::uint64_t mask = ~(bit(i) - 1);
    for (std::size_t w = word(i); w < kWords; ++w, mask = ~std::uint64_t{0}) {
      const std::uint64_t found = (kGap ? ~words_[w] : words_[w]) & mask;
      if (found != 0) return static_cast<int>(w) * 64 + std::countr_zero(found);
    }
    return kCapacity;
  }

  std::array<std::uint64_t, kWords> words_ = {};
};

}  // namespace sage
