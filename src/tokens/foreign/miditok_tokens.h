// The base tokens of MidiTok's REMI and TSD and their counterparts here. They are
// strings, "Type_value".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokens/tokenizer.h"

namespace sage::miditok {

/// Base tokens in ids of a vocabulary, which must outlive this.
class Meanings {
 public:
  /// Velocity tokens mean something where MidiTok has as many bins as the vocabulary.
  Meanings(const Vocabulary& vocabulary, bool velocities)
      : vocabulary_(vocabulary), velocities_(velocities) {}

  /// Nothing if no single token here has this meaning.
  std::optional<TokenId> id(std::string_view token) const;

 private:
  std::optional<TokenId> at(Kind kind, std::optional<int> value) const;
  std::optional<TokenId> program(std::optional<int> value) const;
  std::optional<TokenId> velocity(std::optional<int> value) const;
  std::optional<TokenId> duration(std::string_view value) const;
  std::optional<TokenId> time_shift(std::string_view value) const;
  std::optional<TokenId> meter(std::string_view value) const;
  std::optional<TokenId> tempo(std::string_view value) const;

  const Vocabulary& vocabulary_;
  bool velocities_;
};

inline constexpr std::array kSpecialTokens = {"PAD_None", "BOS_None", "EOS_None", "MASK_None"};

/// A part of MidiTok's "beat_res": lengths up to this many beats are multiples of 1/resolution.
struct LengthRange {
  int end = 0;  // beats; the range begins where the one before ends
  int resolution = 1;
};

/// Ranges that hold every duration and every time shift of a tokenizer.
std::array<LengthRange, 2> length_ranges(const Tokenizer& tokenizer);

/// Slowest and fastest tempo, in quarter notes a minute.
std::array<int, 2> tempo_range(const Vocabulary& vocabulary);

/// The base tokens that MidiTok makes for a tokenizer of scheme remi+ or tsd, in its order: those
/// of length_ranges(), of tempo_range() and of all meters, pitches and programs.
std::vector<std::string> base_tokens(const Tokenizer& tokenizer);

}  // namespace sage::miditok
