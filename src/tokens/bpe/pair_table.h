// From a pair of token ids to the token that replaces it: open addressing over 32-bit keys. A few
// nanoseconds a look-up, hit or miss.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace sage {

class PairTable {
 public:
  /// No token has this id, so no pair with it is ever found: it serves as the end of a word.
  static constexpr std::uint16_t kNone = 0xffff;

  explicit PairTable(std::size_t pairs = 0) {
    // At most a quarter full: most look-ups miss, and a miss has to reach an empty slot.
    const std::size_t slots = std::bit_ceil(4 * pairs + 4);
    shift_ = 32 - std::countr_zero(slots);
    keys_.assign(slots, kEmpty);
    tokens_.assign(slots, kNone);
  }

  /// The token of a pair, or kNone. Precondition: not both are kNone.
  std::uint16_t find(std::uint16_t left, std::uint16_t right) const {
    const std::uint32_t key = key_of(left, right);
    std::size_t slot = slot_of(key);
    while (keys_[slot] != key) {
      if (keys_[slot] == kEmpty) return kNone;
      slot = next(slot);
    }
    return tokens_[slot];
  }
  /// False where the pair is known already. At most as many pairs as the table was made for.
  bool insert(std::uint16_t left, std::uint16_t right, std::uint16_t token) {
    const std::uint32_t key = key_of(left, right);
    std::size_t slot = slot_of(key);
    for (; keys_[slot] != kEmpty; slot = next(slot))
      if (keys_[slot] == key) return false;
    keys_[slot] = key;
    tokens_[slot] = token;
    return true;
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;  // the pair that find() may not be asked for

  static std::uint32_t key_of(std::uint16_t left, std::uint16_t right) {
    return std::uint32_t{left} << 16 | right;
  }
  std::size_t slot_of(std::uint32_t key) const { return (key * 0x9e37'79b1u) >> shift_; }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (keys_.size() - 1); }

  int shift_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::uint16_t> tokens_;
};

}  // namespace sage
