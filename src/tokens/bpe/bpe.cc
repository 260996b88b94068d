#include "tokens/bpe/bpe.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

namespace sage {
namespace {

constexpr std::uint16_t kNone = PairTable::kNone;
constexpr std::uint32_t kEnd = 0xffff'ffff;  // of a list of occurrences
constexpr std::size_t kShortWord = 8;        // tokens, at most

std::string pair_text(const Merge& merge) {
  return std::to_string(merge.left) + " " + std::to_string(merge.right);
}

/// The list that begins at `first`, turned round if it runs down.
template <class Occurrences>
std::uint32_t ascending(Occurrences& list, std::uint32_t first) {
  if (list[first].next == kEnd || list[list[first].next].at > list[first].at) return first;
  std::uint32_t turned = kEnd;
  while (first != kEnd) {
    const std::uint32_t next = list[first].next;
    list[first].next = turned;
    turned = first;
    first = next;
  }
  return turned;
}

}  // namespace

// ----------------------------------------------------------------------------------------------
// table

Result<Bpe> Bpe::create(int base_size, std::vector<Merge> merges) {
  if (base_size < 1 || base_size > kMaxTokens)
    return fail(ErrorCode::kInvalidArgument, "a base vocabulary has 1 to " +
                                                 std::to_string(kMaxTokens) + " tokens, not " +
                                                 std::to_string(base_size));
  if (merges.size() > static_cast<std::size_t>(kMaxTokens - base_size))
    return fail(ErrorCode::kLimit, std::to_string(merges.size()) + " merges and " +
                                       std::to_string(base_size) + " base tokens are more than " +
                                       std::to_string(kMaxTokens) + " tokens");
  Bpe bpe;
  bpe.base_size_ = base_size;
  bpe.pairs_ = PairTable(merges.size());
  bpe.starts_ = {0};
  for (int id = 0; id < base_size; ++id) {
    bpe.expansions_.push_back(static_cast<std::uint16_t>(id));
    bpe.starts_.push_back(static_cast<std::uint32_t>(id) + 1);
  }
  for (const Merge& merge : merges) {
    const auto token = static_cast<std::uint16_t>(bpe.starts_.size() - 1);
    const std::string name =
        "merge " + std::to_string(token - base_size) + " (" + pair_text(merge) + ")";
    if (std::min(merge.left, merge.right) < 0 || std::max(merge.left, merge.right) >= token)
      return fail(ErrorCode::kMalformed, name + " is of a token that does not exist yet");
    const auto left = static_cast<std::uint16_t>(merge.left);
    const auto right = static_cast<std::uint16_t>(merge.right);
    if (!bpe.pairs_.insert(left, right, token))
      return fail(ErrorCode::kMalformed, name + " is there twice");
    const std::size_t length = bpe.expansion(left).size() + bpe.expansion(right).size();
    if (length > kMaxExpansion || bpe.expansions_.size() + length > kMaxExpansions)
      return fail(ErrorCode::kLimit, name + " stands for too many base tokens");
    for (const std::uint16_t part : {left, right})
      for (std::uint32_t i = bpe.starts_[part]; i < bpe.starts_[part + 1u]; ++i)
        bpe.expansions_.push_back(bpe.expansions_[i]);
    bpe.starts_.push_back(static_cast<std::uint32_t>(bpe.expansions_.size()));
  }
  for (std::size_t id = 0; id + 1 < bpe.starts_.size(); ++id)
    bpe.lengths_.push_back(static_cast<std::uint16_t>(bpe.starts_[id + 1] - bpe.starts_[id]));
  bpe.merges_ = std::move(merges);
  return bpe;
}

TokenId Bpe::merged(TokenId left, TokenId right) const {
  if (!contains(left) || !contains(right)) return -1;
  const std::uint16_t token =
      pairs_.find(static_cast<std::uint16_t>(left), static_cast<std::uint16_t>(right));
  return token == kNone ? -1 : token;
}

void Bpe::decode(std::span<const std::uint16_t> ids, std::vector<std::uint16_t>& to) const {
  for (const std::uint16_t id : ids) {
    const auto expanded = expansion(id);
    to.insert(to.end(), expanded.begin(), expanded.end());
  }
}

// ----------------------------------------------------------------------------------------------
// encoding
//
// A short word is merged in a small array: look for the pair of the lowest merge, again and again.
//
// Long words are stored in cells, each followed by an empty one. A token has as many cells as base
// tokens: the first and the last contain its id, those between are empty, so that its neighbours
// are found without links. Pairs that have a merge wait in a list for each merge. A merge makes
// pairs of its own token only, which come after it; so one run through the merges in their order
// serves all words at once, and a list is complete when its turn comes. An occurrence whose tokens
// were merged with others meanwhile is recognised by its cells: they never contain the old ids
// again.

void Bpe::encode(std::span<const std::uint16_t> ids, std::span<const std::uint32_t> ends,
                 BpeScratch& scratch, std::vector<std::uint16_t>& to) const {
  if (merges_.empty()) {
    to.insert(to.end(), ids.begin(), ids.end());
    return;
  }
  if (const std::size_t used = lay_out(ids, ends, scratch); used > 1) merge_cells(scratch, used);
  std::size_t begin = 0, cell = 1;
  for (const std::uint32_t end : ends) {
    const auto word = ids.subspan(begin, end - begin);
    begin = end;
    if (word.size() <= kShortWord) {
      merge_short(word, to);
    } else {
      const std::size_t stop = cell + word.size();
      for (; cell < stop; cell += lengths_[scratch.cells_[cell]])
        to.push_back(scratch.cells_[cell]);
      ++cell;
    }
  }
}

void Bpe::merge_short(std::span<const std::uint16_t> word, std::vector<std::uint16_t>& to) const {
  std::array<std::uint16_t, kShortWord> tokens;
  std::array<std::uint16_t, kShortWord> merged;  // the token of i and i + 1
  std::size_t size = word.size();
  std::copy(word.begin(), word.end(), tokens.begin());
  for (std::size_t i = 0; i + 1 < size; ++i) merged[i] = pairs_.find(tokens[i], tokens[i + 1]);
  while (size > 1) {
    const auto lowest = std::min_element(merged.begin(), merged.begin() + (size - 1));
    if (*lowest == kNone) break;
    const auto at = static_cast<std::size_t>(lowest - merged.begin());
    tokens[at] = *lowest;
    std::copy(tokens.begin() + at + 2, tokens.begin() + size, tokens.begin() + at + 1);
    std::copy(merged.begin() + at + 1, merged.begin() + (size - 1), merged.begin() + at);
    --size;
    if (at > 0) merged[at - 1] = pairs_.find(tokens[at - 1], tokens[at]);
    if (at + 1 < size) merged[at] = pairs_.find(tokens[at], tokens[at + 1]);
  }
  to.insert(to.end(), tokens.begin(), tokens.begin() + size);
}

/// Writes the long words into cells from 1 on; returns the number of cells used.
std::size_t Bpe::lay_out(std::span<const std::uint16_t> ids, std::span<const std::uint32_t> ends,
                         BpeScratch& scratch) const {
  auto& cells = scratch.cells_;
  const std::size_t at_most = 1 + ids.size() + ids.size() / kShortWord;
  if (cells.size() < at_most) cells.resize(at_most);
  cells[0] = kNone;
  std::size_t used = 1, begin = 0;
  for (const std::uint32_t end : ends) {
    const auto word = ids.subspan(begin, end - begin);
    begin = end;
    if (word.size() <= kShortWord) continue;
    std::copy(word.begin(), word.end(), cells.begin() + static_cast<std::ptrdiff_t>(used));
    used += word.size();
    cells[used++] = kNone;
  }
  return used;
}

void Bpe::merge_cells(BpeScratch& scratch, std::size_t used) const {
  // Every merge takes a cell's token away and queues two pairs at most.
  if (scratch.occurrences_.size() < 3 * used) scratch.occurrences_.resize(3 * used);
  const std::size_t groups = (merges_.size() + 63) / 64;
  if (scratch.waiting_.size() < groups) {
    scratch.heads_.resize(64 * groups, kEnd);
    scratch.waiting_.resize(groups, 0);
  }
  scratch.used_ = 0;
  for (std::size_t i = used - 2; i > 0; --i)
    queue(scratch, static_cast<std::uint32_t>(i), scratch.cells_[i], scratch.cells_[i + 1]);
  for (std::size_t g = 0; g < groups; ++g) {
    while (scratch.waiting_[g] != 0) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(scratch.waiting_[g]));
      scratch.waiting_[g] &= scratch.waiting_[g] - 1;
      merge_all(scratch, 64 * g + bit);
    }
  }
}

void Bpe::queue(BpeScratch& scratch, std::uint32_t at, std::uint16_t left,
                std::uint16_t right) const {
  const std::uint16_t token = pairs_.find(left, right);
  if (token == kNone) return;
  const auto merge = static_cast<std::size_t>(token - base_size_);
  scratch.occurrences_[scratch.used_] = {at, scratch.heads_[merge]};
  scratch.heads_[merge] = scratch.used_++;
  scratch.waiting_[merge / 64] |= std::uint64_t{1} << (merge % 64);
}

void Bpe::merge_all(BpeScratch& scratch, std::size_t merge) const {
  const auto left = static_cast<std::uint16_t>(merges_[merge].left);
  const auto right = static_cast<std::uint16_t>(merges_[merge].right);
  const auto token = static_cast<std::uint16_t>(static_cast<std::size_t>(base_size_) + merge);
  auto& occurrences = scratch.occurrences_;
  std::uint32_t first = scratch.heads_[merge];
  scratch.heads_[merge] = kEnd;
  // A list runs up or down, as the one did whose merges wrote it. Where occurrences may overlap, it
  // has to run up.
  if (left == right) first = ascending(occurrences, first);
  const std::uint32_t left_length = lengths_[left], length = lengths_[token];
  std::uint16_t* const cells = scratch.cells_.data();
  for (std::uint32_t o = first; o != kEnd; o = occurrences[o].next) {
    const std::uint32_t at = occurrences[o].at, middle = at + left_length;
    if (cells[at] != left || cells[middle] != right) continue;
    cells[middle - 1] = cells[middle] = kNone;
    cells[at] = cells[at + length - 1] = token;
    const std::uint16_t before = cells[at - 1], after = cells[at + length];
    queue(scratch, at - (before == kNone ? 0 : lengths_[before]), before, token);
    queue(scratch, at, token, after);
  }
}

}  // namespace sage
