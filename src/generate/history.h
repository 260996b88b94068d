// The tokens of one stream, and how to show a model their latest part as it saw music in training:
// a header and whole bars, the first of them with its meter and tempo said.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tokens/tokenizer.h"

namespace sage {

class TokenHistory {
 public:
  /// The tokenizer must outlive the history.
  explicit TokenHistory(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  /// A token of the model, base or merged.
  void push(TokenId id);

  /// Leaves the first `size` tokens. Preconditions: no merges; all of the header stays.
  void cut(std::size_t size);

  std::span<const TokenId> all() const { return tokens_; }
  std::span<const TokenId> body() const { return all().subspan(body_); }
  std::size_t size() const { return tokens_.size(); }

  /// At most `budget` tokens that stand for all, and end as they do: the header, then the latest
  /// whole bars that fit. Where these would be less than half of what fits, because the bar before
  /// them is very long, that one is entered where a note may begin. Where even that does not fit:
  /// the bare tail.
  std::vector<TokenId> context(std::size_t budget) const;

 private:
  /// Where a bar begins among the base ids, and what is in force in it.
  struct BarMark {
    std::size_t index;
    TokenId meter;
    TokenId tempo;
  };

  void push_base(TokenId id);
  std::vector<TokenId> base_context(std::size_t budget) const;

  const Tokenizer* tokenizer_;
  std::vector<TokenId> tokens_;  // as the model reads them
  std::vector<TokenId> base_;    // the same as base ids
  std::vector<BarMark> bars_;
  std::size_t body_ = 0;       // index of the first token after START
  std::size_t base_body_ = 0;  // the same among the base ids
};

}  // namespace sage
