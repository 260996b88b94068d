// A wider model with the same logits: the residual stream, the query heads and the feed-forward get
// new elements which nothing writes to yet. Training on wakes them, so that a larger model need not
// start from nothing.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "nn/weights.h"

namespace sage {

/// The model with `d_model` elements in the residual stream (a multiple of the width of a head:
/// there are as many more query heads, of the same width) and `d_ff` in the feed-forward, in f32.
///
/// The old elements keep their places. What reads new elements is random (normal, 1/sqrt(in), from
/// `seed`), so that they learn different things; what would write to them, and what would carry
/// them into the old ones, is zero. The norms' weights and epsilon make up for the mean that is now
/// taken over more elements, so the logits are the same but for rounding. K/V heads stay as many as
/// they were; those of mha grow with the query heads.
///
/// Refuses less of anything than there is, and members of the attention family in which the old
/// heads find no place (merged heads, groups that move to other attributes).
Result<std::shared_ptr<const Weights>> widen(const Weights& weights, int d_model, int d_ff,
                                             std::uint64_t seed);

}  // namespace sage
