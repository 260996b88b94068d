// The bars of a window with their programs in another order, for a tokenizer whose header gives it
// (ProgramOrder::kHeader). A function of its arguments; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "tokens/tokenizer.h"

namespace sage {

/// Where the bars of a body begin, and, as the last entry, where they are known to end: at EOS, or
/// where a bar begins that is not part of them.
std::vector<std::size_t> bar_lines(const Vocabulary& vocabulary,
                                   std::span<const std::uint16_t> body);

/// Whole bars, of which the first states its meter and tempo, as music on the grid; nothing where
/// the grammar does not accept them as a piece. They hold no holes.
std::optional<Quantised> read_bars(const Tokenizer& tokenizer, std::span<const std::uint16_t> bars);

/// A window, header included, whose programs are in a random order, all orders equally likely.
/// `body` has them ascending. At least `room` tokens where the body's whole bars have as many; else
/// those bars. Nothing where there is no whole bar to write.
std::optional<std::vector<TokenId>> in_random_order(const Tokenizer& tokenizer,
                                                    std::span<const std::uint16_t> body,
                                                    std::size_t room, Random& random);

}  // namespace sage
