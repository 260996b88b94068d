// Who looks on while a model attends.
#pragma once

#include <cstdint>
#include <span>

namespace sage {

class AttentionObserver {
 public:
  virtual ~AttentionObserver() = default;
  /// What query head `head` of the token at `position` gave to each entry of its K/V head, oldest
  /// first: softmax over all that it sees, in double. Entries are the tokens up to `position` whose
  /// attribute that head keeps (AttentionSpec::keys). Not called where it sees none. Layer by
  /// layer, within a block of tokens.
  virtual void attended(int layer, int head, std::int64_t position,
                        std::span<const double> probabilities) noexcept = 0;
};

}  // namespace sage
