// Two sinks of a grammar. A reader states once what may follow, as a template over a sink; the
// mask is one sink, the question whether one given token may follow is another, and much cheaper.
#pragma once

#include <algorithm>
#include <climits>

#include "tokens/mask.h"
#include "tokens/schemes/index_set.h"
#include "tokens/vocabulary.h"

namespace sage {

/// Collects all that may follow. Kinds must be added in the order of their ids.
class MaskSink {
 public:
  MaskSink(TokenMask& mask, const Vocabulary& vocabulary) : mask_(mask), vocabulary_(vocabulary) {
    mask_.clear();
  }
  /// The values low..high-1 of a kind; all from low on without high.
  void allow(Kind kind, int low = 0, int high = INT_MAX) {
    const IdRange all = vocabulary_.range(kind);
    mask_.add(all.begin + low, std::min<TokenId>(all.end - all.begin, high) + all.begin);
  }
  /// The values from low on that are in a set.
  void allow_in(Kind kind, const IndexSet& set, int low = 0) {
    for (int first = set.next(low); first < IndexSet::kCapacity;) {
      const int end = set.next_gap(first);
      allow(kind, first, end);
      first = set.next(end);
    }
  }

 private:
  TokenMask& mask_;
  const Vocabulary& vocabulary_;
};

/// Waits for one token.
class Probe {
 public:
  explicit Probe(TokenEvent token) : token_(token) {}
  bool found() const { return found_; }
  void allow(Kind kind, int low = 0, int high = INT_MAX) {
    found_ |= kind == token_.kind && token_.value >= low && token_.value < high;
  }
  void allow_in(Kind kind, const IndexSet& set, int low = 0) {
    if (kind == token_.kind && token_.value >= low) found_ |= set.has(token_.value);
  }

 private:
  TokenEvent token_;
  bool found_ = false;
};

}  // namespace sage
