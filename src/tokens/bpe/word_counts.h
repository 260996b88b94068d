// The distinct words of a corpus, each with the number of times it came. Owned by one thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace sage {

class WordCounts {
 public:
  struct Word {
    std::uint32_t begin = 0;  // in tokens()
    std::uint32_t size = 0;
    std::uint32_t count = 0;
  };

  /// Counts one word. Refuses (kLimit) what 32-bit indices and counts cannot hold. Precondition:
  /// the word is not empty.
  Result<void> add(std::span<const std::uint16_t> word);

  /// In the order in which they came first.
  std::span<const Word> words() const { return words_; }
  std::span<const std::uint16_t> tokens(const Word& word) const {
    return std::span(tokens_).subspan(word.begin, word.size);
  }
  /// Of all distinct words together.
  std::size_t tokens() const { return tokens_.size(); }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t word = kFree;
  };
  static constexpr std::uint32_t kFree = 0xffff'ffff;
  void grow();

  std::vector<std::uint16_t> tokens_;
  std::vector<Word> words_;
  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
};

}  // namespace sage
