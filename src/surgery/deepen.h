// A deeper model with the same logits: copies of its layers come after them, and what they would
// add is multiplied by zero. Training on wakes them, so that a larger model need not start from
// nothing.
#pragma once

#include <memory>

#include "base/error.h"
#include "nn/weights.h"

namespace sage {

/// The model with `layers` layers. Layer i of the result is layer i * L / layers of the old one,
/// the first of those as it was, the others with attn.o and ff.down of zeros. The same logits, bit
/// for bit. Refuses fewer layers than there are, more than a model may have, and models whose
/// layers differ in their K/V heads.
Result<std::shared_ptr<const Weights>> deepen(const Weights& weights, int layers);

}  // namespace sage
