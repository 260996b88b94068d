// The token layer's front door: a config made ready for use. Immutable; share one between threads.
//
//   score --quantise--> canonical score --encode--> token ids --decode--> the same canonical score
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "tokens/config.h"
#include "tokens/quantise.h"
#include "tokens/reader.h"
#include "tokens/tokenization.h"
#include "tokens/vocabulary.h"

namespace sage {

class Tokenizer {
 public:
  static Result<Tokenizer> create(const TokenizerConfig& config);

  const TokenizerConfig& config() const { return config_; }
  const Vocabulary& vocabulary() const { return *vocabulary_; }

  /// The nearest score that the tokens can say exactly.
  Result<Quantised> quantise(const Score& score, const QuantiseOptions& options = {}) const;
  /// Quantises and writes the whole piece: BOS [PROGRAM...] START bar* EOS.
  Result<std::vector<TokenId>> encode(const Score& score, const EncodeOptions& options = {}) const;
  /// Refuses the first token that the grammar does not allow, naming its index.
  Result<Score> decode(std::span<const TokenId> ids) const;
  /// A fresh incremental reader, expecting BOS.
  std::unique_ptr<EventReader> reader() const;

  const Tokenization& tokenization() const { return *tokenization_; }

 private:
  TokenizerConfig config_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  const Tokenization* tokenization_ = nullptr;
};

}  // namespace sage
