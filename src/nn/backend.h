// The seam above the kernels: a model at work on any number of sequences, as calls on whole
// sequences. Whoever decodes talks to this and knows nothing of caches and kernels; another device
// is another implementation, and a test may play the model.
//
// Not thread-safe. Once a sequence is made, all calls on it are noexcept and allocate nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "nn/model.h"

namespace sage {

class Backend {
 public:
  using Sequence = int;

  /// What one sequence reads in a pass: whole steps, S ids each (S = 1 in a flat model). Their rows
  /// are numbered from the pass's first on, a row a step.
  struct Piece {
    Sequence sequence;
    std::span<const std::int32_t> ids;
  };

  virtual ~Backend() = default;

  /// Rows of one pass at most, but for a pass of one piece of which only the last row is wanted.
  virtual int block() const = 0;
  virtual int fields() const = 0;
  virtual int vocabulary() const = 0;

  /// A new, empty sequence. kLimit where there is no room for another.
  virtual Result<Sequence> create() = 0;
  virtual void release(Sequence sequence) noexcept = 0;
  /// `to` has read the first `steps` of what `from` has, and nothing else. They share the memory of
  /// it until one of them goes another way.
  virtual void share(Sequence from, std::int64_t steps, Sequence to) noexcept = 0;
  /// Forgets all but the first `steps`.
  virtual void truncate(Sequence sequence, std::int64_t steps) noexcept = 0;

  /// One pass of the model. `last_only`: of a single piece, whose last row alone is asked for.
  virtual void append(std::span<const Piece> pieces, bool last_only) noexcept = 0;
  /// Logits after a row of the last pass, of one field of the step that follows: one float an id,
  /// range after range. Where the model's output is chained, `chosen` holds the step's fields
  /// before that one.
  virtual void logits(int row, int field, std::span<const std::int32_t> chosen,
                      std::span<const RowRange> ranges, std::span<float> out) noexcept = 0;

  /// Memory of all sequences, what they share counted once.
  virtual std::size_t bytes() const = 0;
};

}  // namespace sage
