// A scheme: how a canonical score becomes a string of base tokens. One file a scheme in schemes/,
// one word in this layer's CMake list.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokens/quantise.h"
#include "tokens/reader.h"
#include "tokens/vocabulary.h"

namespace sage {

/// A rectangle of the piece to be written again: program's notes in bar are a hole.
struct Hole {
  int bar = 0;
  int program = 0;  // 0..128
  friend auto operator<=>(const Hole&, const Hole&) = default;
};

struct EncodeOptions {
  bool header = true;  // list the programs between BOS and START
  std::vector<Hole>
      holes;        // sorted by (bar, program); written as FILL ... END_FILL after the last bar
  bool end = true;  // write EOS
};

class Tokenization {
 public:
  virtual ~Tokenization() = default;
  virtual std::string_view name() const = 0;
  /// Writes a canonical score. Never fails: quantise() has made everything sayable.
  virtual std::vector<TokenId> write(const Quantised& piece, const TokenizerConfig& config,
                                     const Vocabulary& vocabulary,
                                     const EncodeOptions& options) const = 0;
  /// The vocabulary must outlive the reader.
  virtual std::unique_ptr<EventReader> reader(const TokenizerConfig& config,
                                              const Vocabulary& vocabulary) const = 0;
};

std::span<const Tokenization* const> tokenization_registry();

}  // namespace sage
