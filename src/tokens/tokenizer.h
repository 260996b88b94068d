// The token layer's front door: a config made ready for use. Immutable; share one between threads.
//
//   score --quantise--> canonical score --write--> base ids --merge--> token ids
//   token ids --decode--> the same canonical score
//
// A model sees token ids. Where the config has no merges they are the base ids themselves; else
// those and one more for each merge, which represents a sequence of base ids.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "tokens/bpe/boundary.h"
#include "tokens/bpe/bpe.h"
#include "tokens/bpe/trie.h"
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
  const Tokenization& tokenization() const { return *tokenization_; }
  /// The base tokens.
  const Vocabulary& vocabulary() const { return parts_->vocabulary; }
  const Bpe& bpe() const { return parts_->bpe; }
  const ExpansionTrie& trie() const { return parts_->trie; }
  const Segmenter& segmenter() const { return parts_->segmenter; }

  /// Tokens that a model sees: base and merged.
  int size() const { return bpe().size(); }
  bool has_merges() const { return !bpe().merges().empty(); }
  /// The base ids of a token. Precondition: 0 <= id < size().
  std::span<const std::uint16_t> expansion(TokenId id) const { return bpe().expansion(id); }
  /// Base tokens of one step of a compound scheme; 1 for the flat ones.
  int stride() const { return tokenization_->stride(config_); }
  /// Appends a base token that is alone in its step (BOS, START, BAR, TIME_SIGNATURE, TEMPO, a
  /// header's PROGRAM), padded to the stride.
  void put_structure(TokenId id, std::vector<TokenId>& to) const;
  /// The attribute of every token in order, as a model's config holds them: that of its last base
  /// token.
  std::vector<std::uint8_t> attributes() const;
  /// Notes that each token writes, in order of ids: its PITCH and DRUM tokens.
  std::vector<std::uint16_t> notes_written() const;
  /// In words, e.g. "Position 0 + Program 32 acoustic bass".
  std::string describe(TokenId id) const;

  /// The nearest score that the tokens can represent exactly.
  Result<Quantised> quantise(const Score& score, const QuantiseOptions& options = {}) const;
  /// The base ids of a quantised piece: BOS [PROGRAM...] START bar* EOS.
  std::vector<TokenId> write(const Quantised& piece, const EncodeOptions& options = {}) const;
  /// Base ids with every merge applied. Precondition: they begin at a BOS or a BAR, and all are in
  /// the vocabulary.
  std::vector<TokenId> merge(std::span<const TokenId> base) const;
  /// Token ids as base ids. Precondition: all are below size().
  std::vector<TokenId> expand(std::span<const TokenId> ids) const;
  /// Quantises, writes and merges the whole piece.
  Result<std::vector<TokenId>> encode(const Score& score, const EncodeOptions& options = {}) const;
  /// Refuses the first token that the grammar does not allow, naming its index.
  Result<Score> decode(std::span<const TokenId> ids) const;
  /// A fresh incremental reader of base ids, expecting BOS.
  std::unique_ptr<EventReader> reader() const;

 private:
  struct Parts {
    Vocabulary vocabulary;
    Segmenter segmenter;
    Bpe bpe;
    ExpansionTrie trie;
  };

  TokenizerConfig config_;
  const Tokenization* tokenization_ = nullptr;
  std::shared_ptr<const Parts> parts_;
};

}  // namespace sage
