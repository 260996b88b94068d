// Occurrences of pairs in a text: lists of places, made by one linear grouping, and counted again
// before they are trusted. Used by the trainer alone.
//
// A pair is born whole: when its younger token is made, all places of the pair come into being, and
// later ones can only go. So a list is written once, at its exact size, and the count of a pair
// never rises.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "tokens/bpe/merge_text.h"

namespace sage {

/// A pair and the cells of its left token, ascending; some may be stale.
struct PairList {
  std::uint64_t count = 0;  // an upper bound; exact once recounted
  std::uint16_t left = 0;
  std::uint16_t right = 0;
  std::vector<std::uint32_t> at;

  /// Whether `b` is to be merged before `a`, by their counts.
  friend bool operator<(const PairList& a, const PairList& b) {
    if (a.count != b.count) return a.count < b.count;
    return a.left != b.left ? a.left > b.left : a.right > b.right;
  }
};

/// Sums by id, cheap to clear.
class Tally {
 public:
  struct Slot {
    std::uint64_t weight = 0;
    std::uint32_t places = 0;
    std::uint32_t* out = nullptr;  // where the next place of this id is to be written
  };
  Tally() : slots_(MergeText::kIds) {}
  void clear() {
    for (const std::uint16_t id : seen_) slots_[id] = {};
    seen_.clear();
  }
  void add(std::uint16_t id, std::uint64_t weight, std::uint32_t places = 1) {
    Slot& slot = slots_[id];
    if (slot.places == 0) seen_.push_back(id);
    slot.weight += weight;
    slot.places += places;
  }
  Slot& operator[](std::uint16_t id) { return slots_[id]; }
  /// In the order in which they came.
  std::span<const std::uint16_t> seen() const { return seen_; }

 private:
  std::vector<Slot> slots_;
  std::vector<std::uint16_t> seen_;
};

/// The passes over places, each by all threads where there are many.
class PairLister {
 public:
  PairLister(MergeText& text, int threads) : text_(text), pool_(threads), tallies_(pool_.size()) {}

  /// Appends the pairs of `token` with what follows it (or with what comes before it, other than
  /// itself) that come at least `least` times. `at`: all cells of the token, ascending.
  enum class Side { kBefore, kAfter };
  void pairs_of(std::uint16_t token, std::span<const std::uint32_t> at, Side side,
                std::uint64_t least, std::vector<PairList>& to);
  /// Appends all pairs of the text that come at least `least` times. Compacts the text.
  void all_pairs(std::uint64_t least, std::vector<PairList>& to);
  /// Drops stale places; makes the count exact.
  void recount(PairList& pair);
  /// Writes `token` over the pair and leaves the places of the token. Precondition: just recounted.
  void replace(PairList& pair, std::uint16_t token);

 private:
  struct Chunk {
    std::size_t begin = 0, end = 0;
    std::size_t kept = 0;  // places, from begin on
    std::uint64_t weight = 0;
  };
  /// Cuts places into a chunk a thread, between two that do not touch if each spans `length`.
  void divide(std::span<const std::uint32_t> at, std::uint32_t length);
  template <class Body>
  void for_chunks(const Body& body);
  void join_kept(std::vector<std::uint32_t>& at);

  MergeText& text_;
  ThreadPool pool_;
  std::vector<Chunk> chunks_;
  std::vector<Tally> tallies_;  // a thread
  Tally total_;
  std::vector<std::uint16_t> neighbours_;  // of each place
};

}  // namespace sage
