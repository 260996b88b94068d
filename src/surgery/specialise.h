// A model as a more specialised member of the attention family, with the same logits: where the new
// member has weights for every attribute, or more K/V heads, they begin as copies of the shared
// ones. Training on parts them, so that what a cheaper member has learnt is not lost.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "nn/weights.h"

namespace sage {

/// What the model is to be.
struct Specialisation {
  std::string_view attention;  // a word of the family
  int kv_heads = 0;            // 0: as many as there are, or as the member must have
  bool ff_banks = false;       // feed-forward weights by attribute, too
};

/// The model as that member: the same logits, bit for bit, in every weight type. Refuses members
/// that have less of anything, or whose query heads would read other keys, and models whose layers
/// differ in their K/V heads.
Result<std::shared_ptr<const Weights>> specialise(const Weights& weights,
                                                  const Specialisation& wanted);

}  // namespace sage
