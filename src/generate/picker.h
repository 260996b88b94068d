// The next token of a stream: lets the model read what it has not read yet, and draws among the
// tokens that a reader allows.
//
// Lets the model read guesses of what will be drawn along (speculative decoding, Leviathan et al.
// 2023, with drafts from the stream's own past). A token is drawn from the model's own distribution
// all the same, with the same random number, and a wrong guess is forgotten; so the tokens are
// those that there would be without guesses, bit for bit.
//
// Owns all that changes while a model runs (K/V cache, workspace, random numbers); shares the
// engine. Use from one thread at a time. Knows nothing of what the tokens mean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "generate/delayed_steps.h"
#include "generate/drafter.h"
#include "generate/engine.h"
#include "generate/history.h"
#include "generate/sampler.h"
#include "tokens/bpe/grammar.h"

namespace sage {

struct PickerOptions {
  int threads = 1;
  bool drafts = true;  // of flat models; the tokens are the same without
  /// Shared by those that take turns on one thread, which then draft nothing: guesses need the
  /// states of their pass to stay. Empty: one of its own, with `threads`.
  std::shared_ptr<Workspace> workspace;
};

/// What guessing was good for.
struct DraftCounts {
  std::int64_t drafted = 0;   // tokens that the model read on a guess
  std::int64_t accepted = 0;  // of these, those that came true
  std::int64_t passes = 0;    // of the model, but for long prompts and contexts read again
};

class Picker {
 public:
  /// Precondition: validate(sampler) accepts.
  Picker(std::shared_ptr<const Engine> engine, const SamplerOptions& sampler, std::uint64_t seed,
         const PickerOptions& options);

  /// The next token of a history. Where the context is full, its latest part is read again behind
  /// a fresh header, as history.context() has it. Preconditions: the history only grows from call
  /// to call; `reader` has accepted its base tokens and allows some next.
  TokenId pick(const EventReader& reader, const TokenHistory& history);

  /// See Sampler::favour().
  void favour(std::span<const Candidate> bonuses) { sampler_.favour(bonuses); }

  /// See Sampler.
  void set_heat(double heat) { sampler_.set_heat(heat); }
  std::optional<double> take_entropy() { return sampler_.take_entropy(); }

  /// From the next pick() on, the history is another one.
  void forget();

  const DraftCounts& drafts() const { return counts_; }

  // For several streams that one pass of the model serves (see Takes), of flat models. What draw()
  // hears of the model is the state that the workspace holds then.
  /// The token that must come next, where there is no choice.
  std::optional<TokenId> forced(const EventReader& reader);
  /// Tokens that the cache must take in before the next one can be drawn, at least one; counts them
  /// as read. A context that is full is read again here, but for its last token.
  std::span<const TokenId> hand_over(const TokenHistory& history);
  TokenId draw(const EventReader& reader, const TokenHistory& history);
  /// How much likelier the model finds token `a` than `b` where draw() drew last, in nats.
  double log_odds(TokenId a, TokenId b, const TokenHistory& history);
  KvCache& cache() { return cache_; }
  const std::shared_ptr<Workspace>& workspace() const { return workspace_; }
  /// Lets the model read a history but for its last token.
  void read_ahead(const TokenHistory& history);
  /// The same for several streams that go on from there: where little room is left in the context,
  /// its latest part is read again, once for all. Guesses are forgotten.
  void prepare_branches(const TokenHistory& history);
  /// Starts where another one stands that has read the same.
  void start_like(const Picker& other);

  // Where the model's fields are delayed: its rows in place of a history's tokens.
  /// Lets the model read the rows that it has not read yet.
  void read_rows(DelayedSteps& steps, const TokenHistory& history);
  /// Precondition: the mask is not empty.
  TokenId pick_field(int field, const TokenMask& mask, const TokenHistory& history);

 private:
  std::span<const IdRange> legal(const EventReader& reader);
  void read(const TokenHistory& history);
  void settle_drafts(std::span<const TokenId> unread);
  void advance(std::span<const TokenId> unread, const TokenHistory& history);
  TokenId draw(int field, std::span<const IdRange> ids, const TokenHistory& history);
  std::vector<TokenId> fresh_context(const TokenHistory& history, std::size_t begun);
  std::span<const float> logits_of(int field, std::span<const IdRange> ids,
                                   const TokenHistory& history);

  std::shared_ptr<const Engine> engine_;
  MergeGrammar merges_;
  Random random_;
  Sampler sampler_;
  KvCache cache_;
  std::shared_ptr<Workspace> workspace_;
  std::vector<float> logits_;
  std::vector<TokenId> rows_;    // that the model reads next, where they are not the history's own
  std::vector<TokenId> handed_;  // by hand_over(), last time
  TokenMask mask_;
  std::vector<IdRange> legal_;  // of a tokenizer with merges
  std::size_t fields_ = 1;      // of a step of the model
  std::size_t forwarded_ = 0;   // tokens of the history that were given to the model

  std::optional<Drafter> drafter_;
  DraftCounts counts_;
  std::vector<TokenId> pass_;  // what the model read last, where every state was kept
  std::size_t drafted_ = 0;    // at its end: guesses beyond forwarded_
};

}  // namespace sage
