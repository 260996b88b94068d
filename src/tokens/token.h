// A token: a kind and a value. The attribute of a kind is known without context.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sage {

using TokenId = std::int32_t;

enum class Kind : std::uint8_t {
  kPad,
  kBos,
  kEos,
  kStart,
  kHole,
  kFill,
  kEndFill,
  kBar,
  kTimeSignature,  // value: index into Vocabulary::meters()
  kTempo,          // value: index into Vocabulary::tempos()
  kPosition,       // value: grid steps from the start of the bar
  kProgram,        // value: 0..127, or 128 for drums
  kPitch,          // value: 0..127
  kDrum,           // value: 0..127, the pitch of a drum note
  kVelocity,       // value: bin
  kDuration,       // value: index into Vocabulary::durations()
  // Those of single schemes. New kinds come at the end, so that the ids of older ones never move.
  kTimeShift,  // value: grid steps - 1
  kNoteOff,    // value: 0..127, a pitch
  kDrumOff,    // value: 0..127, the pitch of a drum note
  kNote,       // the type field of a compound note
  kBeat,       // value: quarter notes from the start of the bar, 0..11
  kSubBeat,    // value: grid steps from the start of the quarter
  kMetrical,   // the type field of a compound position
};
inline constexpr int kKindCount = 23;

/// A set of kinds.
class KindSet {
 public:
  KindSet() = default;
  KindSet(std::initializer_list<Kind> kinds) {
    for (const Kind kind : kinds) bits_.set(static_cast<std::size_t>(kind));
  }
  bool has(Kind kind) const { return bits_[static_cast<std::size_t>(kind)]; }
  friend KindSet operator|(KindSet a, const KindSet& b) {
    a.bits_ |= b.bits_;
    return a;
  }

 private:
  std::bitset<kKindCount> bits_;
};

/// What attribute-specialised K/V heads are chosen by.
enum class Attribute : std::uint8_t {
  kStructure,
  kPosition,
  kProgram,
  kPitch,
  kVelocity,
  kDuration,
};
inline constexpr int kAttributeCount = 6;

struct TokenEvent {
  Kind kind = Kind::kPad;
  int value = 0;
  friend constexpr bool operator==(TokenEvent, TokenEvent) = default;
};

constexpr Attribute attribute_of(Kind kind) {
  switch (kind) {
    case Kind::kPosition:
    case Kind::kTimeShift:
    case Kind::kBeat:
    case Kind::kSubBeat:
      return Attribute::kPosition;
    case Kind::kProgram:
      return Attribute::kProgram;
    case Kind::kPitch:
    case Kind::kDrum:
    case Kind::kNoteOff:
    case Kind::kDrumOff:
      return Attribute::kPitch;
    case Kind::kVelocity:
      return Attribute::kVelocity;
    case Kind::kDuration:
      return Attribute::kDuration;
    default:
      return Attribute::kStructure;
  }
}

/// Whether the value moves with the music when it is transposed.
constexpr bool is_pitched(Kind kind) { return kind == Kind::kPitch || kind == Kind::kNoteOff; }

std::string_view kind_name(Kind kind);
std::string_view attribute_name(Attribute attribute);

}  // namespace sage
