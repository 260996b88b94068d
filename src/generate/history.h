// The tokens of one stream, and how to show a model their latest part as it saw music in training:
// a header and whole bars, the first of them with its meter and tempo said.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tokens/vocabulary.h"

namespace sage {

class TokenHistory {
 public:
  /// The vocabulary must outlive the history.
  explicit TokenHistory(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {}

  void push(TokenId id);

  std::span<const TokenId> all() const { return tokens_; }
  std::span<const TokenId> body() const { return all().subspan(body_); }
  std::size_t size() const { return tokens_.size(); }
  /// In force now; -1 before the first.
  TokenId meter() const { return bars_.empty() ? -1 : bars_.back().meter; }
  TokenId tempo() const { return bars_.empty() ? -1 : bars_.back().tempo; }

  /// At most `budget` tokens that stand for all, and end as they do: the header, then the latest
  /// whole bars that fit. A bar too long for that is entered at a position. Where even that does
  /// not fit: the bare tail.
  std::vector<TokenId> context(std::size_t budget) const;

 private:
  /// Where a bar begins, and what is in force in it.
  struct BarMark {
    std::size_t index;
    TokenId meter;
    TokenId tempo;
  };

  const Vocabulary* vocabulary_;
  std::vector<TokenId> tokens_;
  std::vector<BarMark> bars_;
  std::size_t body_ = 0;  // index of the first token after START
};

}  // namespace sage
