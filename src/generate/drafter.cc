#include "generate/drafter.h"

#include <algorithm>

namespace sage {

void Drafter::Record::count(bool was_right) {
  constexpr double kKept = 0.98;  // the last fifty count
  right = kKept * right + (was_right ? 1 : 0);
  tried = kKept * tried + 1;
}

Drafter::Drafter() {
  for (auto& memories : memories_) memories.resize(kSlots);
}

void Drafter::forget() {
  for (auto& memories : memories_) std::fill(memories.begin(), memories.end(), Memory{});
  read_ = 0;
}

/// Where what followed the last tokens of a context is remembered, and how to recognise it.
Drafter::Memory& Drafter::memory(std::size_t length, std::span<const TokenId> context,
                                 std::uint32_t& check) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a (Fowler, Noll and Vo), a token a step
  for (const TokenId id : context.last(static_cast<std::size_t>(kLengths[length])))
    hash = (hash ^ static_cast<std::uint32_t>(id)) * 0x100000001b3u;
  hash ^= hash >> 29;
  check = static_cast<std::uint32_t>(hash >> 32) | 1;
  return memories_[length][hash % kSlots];
}

void Drafter::learn(std::span<const TokenId> context, TokenId next) {
  for (std::size_t length = 0; length < kLengths.size(); ++length) {
    if (read_ < static_cast<std::size_t>(kLengths[length])) continue;
    std::uint32_t check = 0;
    Memory& memory = this->memory(length, context, check);
    if (memory.check != check) {
      memory = {check, next, 0};
      continue;
    }
    const bool right = memory.next == next;
    records_[length][memory.confirmed].count(right);
    if (!right)
      memory = {check, next, 0};
    else if (memory.confirmed < kConfirmed)
      ++memory.confirmed;
  }
}

void Drafter::read(std::span<const TokenId> tokens) {
  for (; read_ < tokens.size(); ++read_) {
    const TokenId next = tokens[read_];
    learn(latest_, next);
    std::rotate(latest_.begin(), latest_.begin() + 1, latest_.end());
    latest_.back() = next;
  }
}

double Drafter::guess(std::span<const TokenId> context, TokenId& next) {
  double best = 0;
  for (std::size_t length = 0; length < kLengths.size(); ++length) {
    if (read_ < static_cast<std::size_t>(kLengths[length])) continue;
    std::uint32_t check = 0;
    const Memory& memory = this->memory(length, context, check);
    const double share = records_[length][memory.confirmed].share();
    if (memory.check != check || share <= best) continue;
    best = share;
    next = memory.next;
  }
  return best;
}

std::span<const TokenId> Drafter::draft(double least) {
  std::copy(latest_.begin(), latest_.end(), ahead_.begin());
  std::size_t count = 0;
  for (double all_right = 1; count < kMost; ++count) {
    const auto context = std::span<const TokenId>(ahead_).subspan(count, latest_.size());
    const double right = guess(context, ahead_[latest_.size() + count]);
    if (right == 0 || (all_right *= right) < least) break;
  }
  return std::span<const TokenId>(ahead_).subspan(latest_.size(), count);
}

}  // namespace sage
