// What the tokens of a piece span, counted in context, where it is known which
// note each base token belongs to, where that note begins and who plays it.
#pragma once

#include <cstdint>
#include <span>

#include "tokens/tokenizer.h"

namespace sage {

/// Tokens of one or more base tokens, over all pieces counted.
struct Crossings {
  std::uint64_t tokens = 0;
  std::uint64_t notes = 0;        // hold parts of two notes or more
  std::uint64_t positions = 0;    // ... that begin at different times
  std::uint64_t instruments = 0;  // ... of different programs
  std::uint64_t bars = 0;         // contain BAR after another token
};

/// Adds the tokens of a piece, `ids`, after START. `base` is their base ids. In `midi-like`
/// read "message" for note. Precondition: `base` is the whole piece, from BOS on.
void count_crossings(const Tokenizer& tokenizer, std::span<const std::uint16_t> base,
                     std::span<const std::uint16_t> ids, Crossings& crossings);

}  // namespace sage
