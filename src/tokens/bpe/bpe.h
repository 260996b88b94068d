// Byte pair encoding over base token ids: a table of merges made ready to encode and decode.
//
// Ids 0..base_size-1 are the base tokens; base_size + r is the token of merge r. Immutable; share
// one between threads. Knows nothing of what a base token means: words come from a Segmenter.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "tokens/bpe/pair_table.h"
#include "tokens/config.h"

namespace sage {

/// Scratch memory of an encoder; one a thread, reused from call to call, with any Bpe.
class BpeScratch {
 private:
  friend class Bpe;
  struct Occurrence {
    std::uint32_t at;    // cell of the pair's left token
    std::uint32_t next;  // occurrence of the same pair
  };
  std::vector<std::uint16_t> cells_;     // the words being merged
  std::vector<Occurrence> occurrences_;  // of pairs that have a merge
  std::vector<std::uint32_t> heads_;     // of each merge: its first occurrence
  std::vector<std::uint64_t> waiting_;   // a bit for each merge that has occurrences
  std::uint32_t used_ = 0;               // occurrences
};

class Bpe {
 public:
  static constexpr int kMaxTokens = 65'535;           // base tokens and merges: ids are 16 bit wide
  static constexpr std::size_t kMaxExpansion = 4096;  // base tokens of one token
  static constexpr std::size_t kMaxExpansions = std::size_t{1} << 24;  // ... all tokens together

  /// Refuses merges of ids that do not exist yet, duplicate merges, and tables too large.
  static Result<Bpe> create(int base_size, std::vector<Merge> merges);

  int base_size() const { return base_size_; }
  int size() const { return base_size_ + static_cast<int>(merges_.size()); }
  std::span<const Merge> merges() const { return merges_; }
  bool contains(TokenId id) const { return id >= 0 && id < size(); }
  /// The base ids of a token; of a base token itself. Precondition:
  /// contains(id).
  std::span<const std::uint16_t> expansion(TokenId id) const {
    const auto i = static_cast<std::size_t>(id);
    return std::span(expansions_).subspan(starts_[i], starts_[i + 1] - starts_[i]);
  }

  /// Appends the tokens of `ids` to `to`, word by word (`ends` as Segmenter::words writes them).
  /// Within a word, merges apply in their order, each from left to right: what training by
  /// repeated replacement leaves. Allocates only to grow `scratch` and `to`. Precondition: `ids`
  /// are base tokens, fewer than 2^30; the last of `ends` is ids.size().
  void encode(std::span<const std::uint16_t> ids, std::span<const std::uint32_t> ends,
              BpeScratch& scratch, std::vector<std::uint16_t>& to) const;
  /// Appends the base ids of `ids`. Precondition: contains() each.
  void decode(std::span<const std::uint16_t> ids, std::vector<std::uint16_t>& to) const;

  /// The token that replaces a pair, -1 where there is none.
  TokenId merged(TokenId left, TokenId right) const;

 private:
  Bpe() = default;
  void merge_short(std::span<const std::uint16_t> word, std::vector<std::uint16_t>& to) const;
  std::size_t lay_out(std::span<const std::uint16_t> ids, std::span<const std::uint32_t> ends,
                      BpeScratch& scratch) const;
  void merge_cells(BpeScratch& scratch, std::size_t used) const;
  void queue(BpeScratch& scratch, std::uint32_t at, std::uint16_t left, std::uint16_t right) const;
  void merge_all(BpeScratch& scratch, std::size_t merge) const;

  int base_size_ = 0;
  std::vector<Merge> merges_;
  std::vector<std::uint16_t> expansions_;  // of all tokens, concatenated
  std::vector<std::uint32_t> starts_;      // (size() + 1), in expansions_
  std::vector<std::uint16_t> lengths_;     // (size()), of expansions
  PairTable pairs_;
};

}  // namespace sage
