// A model that knows more tokens than it was trained with: the start of training it with an
// attribute that its notes lacked, such as velocity.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/weights.h"

namespace sage {

/// The vocabulary after the change, and what its new tokens are taken from.
struct Extension {
  std::vector<int> old_ids;              // (V'): the id that each token had; -1: it is new
  std::vector<std::uint8_t> attributes;  // (V'): of each token
  /// The attribute whose tokens the new ones stand behind. Their own weights by attribute (all but
  /// keys and values) start as copies of its: they predict what it used to predict.
  int after = 0;
  /// The attribute that used to follow there. A new token's embedding starts as the mean of those
  /// of its tokens, so that it is as likely there as one of them. Its keys and values are zero
  /// where they are chosen by attribute: later tokens see next to nothing of it until it is
  /// trained.
  int before = 0;
  std::string tokenizer;  // the new tokenizer's config, for the file's metadata
};

/// The model with these tokens, in f32. Logits of the old tokens, given old tokens, are the same
/// bit for bit. Behind a new token they are not: the model has to be trained on. Refuses
/// compound outputs and old tokens that are missing or whose attributes change.
Result<std::shared_ptr<const Weights>> extend(const Weights& weights, const Extension& extension,
                                              std::uint64_t seed);

}  // namespace sage
