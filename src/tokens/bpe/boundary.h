// What a merge may not cross, and how a string of base tokens falls into words at it. A word is a
// stretch of tokens in which merges may happen; no merge reaches from one word into the next.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tokens/tokenization.h"

namespace sage {

/// Cuts base tokens into words. Linear in the tokens and stateless between calls; immutable, share
/// it freely. Works on any stretch of a piece that begins at BOS or at a BAR outside FILL.
///
/// Whatever the boundary, tokens that shape the piece (PAD BOS EOS START HOLE FILL END_FILL and the
/// programs of the header and of holes) are separate words, so that headers and holes can be
/// written, and dropped, without touching a merge. The head of a bar is BAR [TIME_SIGNATURE]
/// [TEMPO]. A note is the tokens after the bar start or the last note up to one that
/// Tokenization::ends_note; its onset is the current time at its end. Tokens that a bar leaves
/// over after its last note count as one more note.
class Segmenter {
 public:
  Segmenter(const Tokenization& tokenization, const TokenizerConfig& config,
            const Vocabulary& vocabulary, Boundary boundary);

  Boundary boundary() const { return boundary_; }
  /// Replaces `ends` by the index one past each word, ascending; the last is ids.size(), and no
  /// word is empty. Allocates only to grow `ends`. Precondition: every id is in the vocabulary.
  void words(std::span<const std::uint16_t> ids, std::vector<std::uint32_t>& ends) const;

 private:
  /// What a token is to the words.
  enum class Role : std::uint8_t {
    kNote,  // part of a note
    kHead,  // at the start of a bar, after BAR
    kBar,
    kProgram,  // part of a note, or a separate word in the header or at a hole
    kBegin,    // BOS
    kStart,
    kHole,
    kFill,
    kEndFill,
    kPad,    // part of a compound note, or a separate word
    kAlone,  // any other separate word
  };
  /// What a token does to the time within the bar.
  enum class Time : std::uint8_t { kKeep, kSet, kAdd, kSetInQuarter };
  struct Rule {
    Role role = Role::kAlone;
    Time time = Time::kKeep;
    bool ends_note = false;
    std::int16_t steps = 0;  // of the grid
  };
  class Cutter;

  static Rule rule_of(TokenEvent event, int grid);

  std::vector<Rule> rules_;  // of each id
  int grid_;
  Boundary boundary_;
};

}  // namespace sage
