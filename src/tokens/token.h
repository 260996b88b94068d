// What a token says: a kind and a value. The attribute of a kind is known without context.
#pragma once

#include <cstdint>
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
};
inline constexpr int kKindCount = 16;

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
      return Attribute::kPosition;
    case Kind::kProgram:
      return Attribute::kProgram;
    case Kind::kPitch:
    case Kind::kDrum:
      return Attribute::kPitch;
    case Kind::kVelocity:
      return Attribute::kVelocity;
    case Kind::kDuration:
      return Attribute::kDuration;
    default:
      return Attribute::kStructure;
  }
}

std::string_view kind_name(Kind kind);
std::string_view attribute_name(Attribute attribute);

}  // namespace sage
