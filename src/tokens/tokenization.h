// A scheme: how a canonical score becomes a string of base tokens. One file a scheme in schemes/,
// one word in this layer's CMake list.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokens/config.h"
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
  /// Where the config has ProgramOrder::kHeader and a header is written: its programs in this
  /// order, then ascending those of the piece that it leaves out. Programs without notes may be in
  /// it. Precondition: each at most once.
  std::vector<int> order;
  std::vector<Hole>
      holes;        // sorted by (bar, program); written as FILL ... END_FILL after the last bar
  bool end = true;  // write EOS
};

class Tokenization {
 public:
  virtual ~Tokenization() = default;
  virtual std::string_view name() const = 0;
  /// The kinds of token that it writes; the vocabulary has ids for no others.
  virtual KindSet kinds(const TokenizerConfig& config) const = 0;
  /// Tokens a model step: 1 where a token is a step, else the number of fields of a compound.
  virtual int stride(const TokenizerConfig&) const { return 1; }
  /// Whether the header can give the order of programs at a position (ProgramOrder::kHeader).
  virtual bool can_order_by_header() const { return false; }
  /// Whether a token of this kind, among the notes, is the last one of a note (or of a message).
  virtual bool ends_note(Kind kind, const TokenizerConfig& config) const = 0;
  /// Brings a score on the grid to the form that this scheme can represent, with a warning where
  /// that changes it. Changes nothing the second time.
  virtual void canonicalise(Quantised&) const {}
  /// Writes a canonical score. Never fails: quantise() has made everything sayable.
  virtual std::vector<TokenId> write(const Quantised& piece, const TokenizerConfig& config,
                                     const Vocabulary& vocabulary,
                                     const EncodeOptions& options) const = 0;
  /// The vocabulary must outlive the reader.
  virtual std::unique_ptr<EventReader> reader(const TokenizerConfig& config,
                                              const Vocabulary& vocabulary) const = 0;
};

std::span<const Tokenization* const> tokenization_registry();
/// nullptr where the registry has no scheme of this name.
const Tokenization* find_tokenization(std::string_view name);

/// The base vocabulary of a config; a function of (scheme, velocity, grid) alone. A scheme that the
/// registry does not have gives an empty one. Precondition: as Vocabulary's.
Vocabulary base_vocabulary(const TokenizerConfig& config);

}  // namespace sage
