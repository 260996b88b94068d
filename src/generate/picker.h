// The next token of a stream: lets the model read what it has not read yet, and draws among the
// tokens that a reader allows.
//
// Owns all that changes while a model runs (K/V cache, workspace, random numbers); shares the
// engine. Use from one thread at a time. Knows nothing of what the tokens mean.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/random.h"
#include "generate/delayed_steps.h"
#include "generate/engine.h"
#include "generate/history.h"
#include "generate/sampler.h"
#include "tokens/bpe/grammar.h"

namespace sage {

class Picker {
 public:
  /// Precondition: validate(sampler) accepts.
  Picker(std::shared_ptr<const Engine> engine, const SamplerOptions& sampler, std::uint64_t seed,
         int threads);

  /// The next token of a history. Where the context is full, its latest part is read again behind
  /// a fresh header, as history.context() has it. Preconditions: the history only grows from call
  /// to call; `reader` has accepted its base tokens and allows some next.
  TokenId pick(const EventReader& reader, const TokenHistory& history);

  /// From the next pick() on, the history is another one.
  void forget();

  // Where the model's fields are delayed: its rows in place of a history's tokens.
  /// Lets the model read the rows that it has not read yet.
  void read_rows(DelayedSteps& steps, const TokenHistory& history);
  /// Precondition: the mask is not empty.
  TokenId pick_field(int field, const TokenMask& mask, const TokenHistory& history);

 private:
  std::span<const IdRange> legal(const EventReader& reader);
  void read(const TokenHistory& history);
  TokenId draw(int field, std::span<const IdRange> ids, const TokenHistory& history);
  std::span<const float> logits_of(int field, std::span<const IdRange> ids,
                                   const TokenHistory& history);

  std::shared_ptr<const Engine> engine_;
  MergeGrammar merges_;
  Random random_;
  Sampler sampler_;
  KvCache cache_;
  std::unique_ptr<Workspace> workspace_;
  std::vector<float> logits_;
  std::vector<TokenId> rows_;  // that the model reads next, where fields are delayed
  TokenMask mask_;
  std::vector<IdRange> legal_;  // of a tokenizer with merges
  std::size_t fields_ = 1;      // of a step of the model
  std::size_t forwarded_ = 0;   // tokens of the history that were given to the model
};

}  // namespace sage
