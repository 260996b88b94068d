// Reads a piece one token at a time. One reader a scheme serves batch decoding, live decoding and
// the grammar mask. Plain state; push() allocates only to remember more holes or sounding notes
// than before, allowed() never; clone or copy to branch.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>

#include "score/score.h"
#include "tokens/mask.h"
#include "tokens/token.h"

namespace sage {

/// What a token completed, in grid ticks from the start of the piece.
struct ReadEvent {
  enum class Type : std::uint8_t {
    kIllegal,  // the grammar does not allow this token here; the reader is unchanged
    kNothing,  // accepted; nothing complete yet
    kBar,      // a bar begins at `onset`
    kMeter,    // `meter` from `onset` on
    kTempo,    // `us_per_quarter` from `onset` on
    kNote,     // a note of `program`
    kEnd,      // EOS
  };
  Type type = Type::kNothing;
  Tick onset;
  Tick duration;
  Meter meter;
  std::uint32_t us_per_quarter = 0;
  int program = 0;  // 0..128
  std::uint8_t pitch = 0;
  std::uint8_t velocity = kDefaultVelocity;
};

/// A set of programs, drums included.
using ProgramSet = std::bitset<kProgramCount>;

class EventReader {
 public:
  virtual ~EventReader() = default;
  virtual std::unique_ptr<EventReader> clone() const = 0;
  /// Becomes what `other` is, a reader of the same scheme, config and vocabulary. Allocates only
  /// where `other` holds more than this reader ever did: the cheap way to try a branch and return.
  virtual void copy_from(const EventReader& other) = 0;

  virtual ReadEvent push(TokenId id) = 0;
  /// Replaces `mask` by the tokens that push() would accept. Never empty before kEnd.
  virtual void allowed(TokenMask& mask) const = 0;

  /// From now on only notes of these programs may begin (the header and holes may name others). An
  /// empty set leaves only silence; where notes still sound, what ends them stays legal. To be
  /// called between notes.
  virtual void restrict_programs(const ProgramSet& programs) = 0;

  /// Bars begun so far, and the time of the next token, in grid ticks from the start of the piece.
  virtual int bars_begun() const = 0;
  virtual Tick now() const = 0;
};

}  // namespace sage
