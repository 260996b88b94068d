#include "tokens/bpe/word_counts.h"

#include <algorithm>
#include <string>

namespace sage {
namespace {

std::uint32_t hash_of(std::span<const std::uint16_t> word) {
  std::uint64_t hash = word.size();
  for (const std::uint16_t id : word) hash = ((hash << 5 | hash >> 59) ^ id) * 0x9e3779b97f4a7c15;
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

Result<void> WordCounts::add(std::span<const std::uint16_t> word) {
  if (2 * words_.size() >= slots_.size()) grow();
  const std::uint32_t hash = hash_of(word);
  std::size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot].word != kFree; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].hash != hash) continue;
    Word& known = words_[slots_[slot].word];
    if (!std::ranges::equal(tokens(known), word)) continue;
    if (known.count == UINT32_MAX)
      return fail(ErrorCode::kLimit, "a word comes more than 4,294,967,295 times in the corpus");
    ++known.count;
    return {};
  }
  // Later every word has one cell more, and all cells are counted in 32 bits.
  if (tokens_.size() + word.size() + words_.size() + 2 >= kFree)
    return fail(ErrorCode::kLimit,
                "the corpus has more than 4,294,967,295 tokens in distinct words; take less of it");
  slots_[slot] = {hash, static_cast<std::uint32_t>(words_.size())};
  words_.push_back(
      {static_cast<std::uint32_t>(tokens_.size()), static_cast<std::uint32_t>(word.size()), 1});
  tokens_.insert(tokens_.end(), word.begin(), word.end());
  return {};
}

void WordCounts::grow() {
  std::vector<Slot> old(std::max<std::size_t>(2 * slots_.size(), 1024));
  std::swap(old, slots_);
  for (const Slot& moved : old) {
    if (moved.word == kFree) continue;
    std::size_t slot = moved.hash & (slots_.size() - 1);
    while (slots_[slot].word != kFree) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = moved;
  }
}

}  // namespace sage
