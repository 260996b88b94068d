// Infilling and accompaniment as training examples: the bars of a window, written with holes and
// what belongs into them after the last bar. Internal to train.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "tokens/tokenizer.h"

namespace sage {

/// `body` is base tokens from a BAR on, that bar with its TIME_SIGNATURE and TEMPO; the part of it
/// that is used ends with a whole bar. Holes are drawn among
///   whole tracks (at least one stays, where there are two),
///   a range of bars, all tracks in it,
///   one track in a range of bars,
/// each kind as likely as the others. Returns BOS [PROGRAM...] START ... END_FILL EOS in tokens of
/// the model, `room` of them at most; nothing where fewer than two bars fit, or where the notes
/// cannot be told by bars (a scheme with note-off tokens).
std::optional<std::vector<TokenId>> with_holes(const Tokenizer& tokenizer,
                                               std::span<const std::uint16_t> body, bool header,
                                               std::size_t room, Random& random);

}  // namespace sage
