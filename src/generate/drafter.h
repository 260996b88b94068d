// Guesses how a stream of tokens goes on from its own past: music repeats figures, rhythms, bars.
//
// A guess costs next to nothing, and a model reads several tokens in little more time than one; so
// whoever generates lets it read the guesses along, and keeps what turns out to be drawn. Knows
// nothing of models, nor of what tokens mean. Use from one thread at a time; allocates only when
// made.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "tokens/token.h"

namespace sage {

/// Remembers what followed the latest 3, 5, 8 and 12 tokens wherever they stood, and how often such
/// memories were right: for each length, by the number of times that they had been confirmed.
class Drafter {
 public:
  static constexpr int kMost = 8;  // tokens of one draft

  Drafter();

  /// The tokens so far, which only grow from call to call, until forget().
  void read(std::span<const TokenId> tokens);
  void forget();

  /// Tokens that are likely to follow those read, at most kMost: as many as are all right with a
  /// probability of at least `least`, by experience.
  std::span<const TokenId> draft(double least);

 private:
  static constexpr std::array<int, 4> kLengths = {12, 8, 5, 3};
  static constexpr int kConfirmed = 4;  // counts up to here
  static constexpr std::size_t kSlots = 1 << 13;

  struct Memory {
    std::uint32_t check = 0;  // of the context; 0: empty
    TokenId next = 0;
    std::uint8_t confirmed = 0;
  };
  /// Of guesses made with one length and one number of confirmations.
  struct Record {
    double right = 1, tried = 3;  // a guess at first: one in three
    double share() const { return right / tried; }
    void count(bool was_right);
  };

  Memory& memory(std::size_t length, std::span<const TokenId> context, std::uint32_t& check);
  void learn(std::span<const TokenId> context, TokenId next);
  /// The token that most likely follows, and how likely; 0 where nothing is remembered.
  double guess(std::span<const TokenId> context, TokenId& next);

  std::array<std::vector<Memory>, kLengths.size()> memories_;
  std::array<std::array<Record, kConfirmed + 1>, kLengths.size()> records_;
  std::size_t read_ = 0;                     // tokens
  std::array<TokenId, 12> latest_{};         // of them, the last at the end
  std::array<TokenId, 12 + kMost> ahead_{};  // scratch: the latest and what is drafted
};

}  // namespace sage
