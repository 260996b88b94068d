// A corpus that merges are made in, in place. Owned by a trainer; distinct spans of cells may be
// written by different threads.
//
// The distinct words are concatenated in cells, with an empty cell before and after each. A
// token has a number of cells: the first and the last contain its id, those between are empty, so
// that its neighbours are found without links. A token that was merged never returns to its place
// again, so stale places are easy to recognise.
#pragma once

#include <cstdint>
#include <vector>

#include "tokens/bpe/pair_table.h"
#include "tokens/bpe/word_counts.h"

namespace sage {

class MergeText {
 public:
  static constexpr std::uint16_t kGap = PairTable::kNone;
  static constexpr std::size_t kIds = 65'536;  // that fit 16 bits

  explicit MergeText(const WordCounts& words);

  /// Of cells, the empty ones included.
  std::uint32_t size() const { return static_cast<std::uint32_t>(cells_.size()); }
  std::uint16_t operator[](std::uint32_t at) const { return cells_[at]; }
  /// Cells of a token.
  std::uint32_t length(std::uint16_t id) const { return lengths_[id]; }

  /// Whether the pair is (still) at a cell where its left token was.
  bool holds(std::uint32_t at, std::uint16_t left, std::uint16_t right) const {
    return cells_[at] == left && cells_[at + lengths_[left]] == right;
  }
  /// The ids beside the token at a cell; kGap at the ends of a word.
  std::uint16_t before(std::uint32_t at) const { return cells_[at - 1]; }
  std::uint16_t after(std::uint32_t at) const { return cells_[at + lengths_[cells_[at]]]; }

  /// From now on `token` represents a pair.
  void define(std::uint16_t token, std::uint16_t left, std::uint16_t right) {
    lengths_[token] = static_cast<std::uint16_t>(lengths_[left] + lengths_[right]);
  }
  /// Writes `token` over its pair. Precondition: the pair is there.
  void replace(std::uint32_t at, std::uint16_t left, std::uint16_t token) {
    const std::uint32_t middle = at + lengths_[left];
    cells_[middle - 1] = cells_[middle] = kGap;
    cells_[at] = cells_[at + lengths_[token] - 1] = token;
  }

  /// Gives every token one cell. Places from before mean nothing afterwards.
  void compact();

  /// How many times the word of a cell comes in the corpus. For ascending cells.
  class Weights {
   public:
    explicit Weights(const MergeText& text) : text_(text) {}
    std::uint64_t at(std::uint32_t cell) {
      if (cell >= end_) seek(cell);
      return weight_;
    }

   private:
    void seek(std::uint32_t cell);

    const MergeText& text_;
    std::uint32_t end_ = 0;  // of the cells of this weight
    std::uint64_t weight_ = 0;
  };

 private:
  /// Words of equal frequency are adjacent, the most frequent first.
  struct Stretch {
    std::uint32_t end;  // a cell
    std::uint32_t weight;
  };
  static constexpr int kBlock = 8;  // bits: cells whose first stretch is kept
  void index_stretches();

  std::vector<std::uint16_t> cells_;
  std::vector<std::uint16_t> lengths_;  // of every id
  std::vector<Stretch> stretches_;
  std::vector<std::uint32_t> blocks_;  // the stretch that a block of cells begins in
};

}  // namespace sage
