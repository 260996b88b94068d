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
/// programs of the header and of holes) are words of their own, so that headers and holes can be
/// written, and dropped, without touching a merge. The head of a bar is BAR [TIME_SIGNATURE]
/// [TEMPO]. A note is the tokens behind the head or behind the last note up to one that
/// Tokenization::ends_note; it begins where the time stands at its end. Tokens that a bar leaves
/// over behind its last note count as one more note.
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
    kHead,  // of the head of a bar, behind BAR
    kBar,
    kProgram,  // part of a note, or a word of its own where it stands in the header or at a hole
    kBegin,    // BOS
    kStart,
    kHole,
    kFill,
    kEndFill,
    kPad,    // part of a compound note, or a word of its own
    kAlone,  // any other word of its own
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
