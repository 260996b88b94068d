// One stream of music: pulls tokens from a model under the grammar and the wishes of a request.
//
// Owns all that changes (K/V cache, workspace, reader, random numbers); shares the engine. Use from
// one thread at a time. Knows nothing of files, ports or clocks.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "generate/compose.h"
#include "generate/delayed_steps.h"
#include "generate/engine.h"
#include "generate/history.h"
#include "generate/new_bars.h"
#include "generate/picker.h"
#include "generate/request.h"
#include "generate/steering.h"
#include "tokens/score_builder.h"

namespace sage {

using GeneratorOptions = PickerOptions;

class Generator {
 public:
  static Result<Generator> create(std::shared_ptr<const Engine> engine, const Request& request,
                                  const GeneratorOptions& options = {});

  /// The next bar, meter, tempo or note that the model writes; kEnd once and for ever at the end.
  ReadEvent next();

  /// Prompt (where there is one) and everything generated so far.
  Score score() const;
  NewBars new_bars() const;
  std::size_t notes() const { return generated_.notes(); }
  /// What is continued; nothing without a prompt.
  const std::optional<Prompt>& prompt() const { return prompt_; }
  /// All tokens from BOS on, the prompt's included, and how many of them were the prompt's.
  std::span<const TokenId> tokens() const { return history_.all(); }
  std::size_t prompt_tokens() const { return prompt_tokens_; }
  /// Notes that a model with delayed fields began and could not be said to their end.
  std::size_t dropped_notes() const { return delayed_ ? delayed_->dropped() : 0; }
  /// Endings that were written to choose among, see Request::endings.
  int endings_tried() const { return endings_tried_; }
  /// By how many nats the model finds an end likelier than another bar behind the ending that was
  /// chosen; minus infinity where none was.
  double end_odds() const { return end_odds_; }
  /// Mean entropy of a choice in nats, where a surprise is wished for; else 0.
  double mean_entropy() const { return steering_.constraints().mean_entropy(); }
  /// What was wished for and could not be had.
  std::span<const WishLoss> losses() const { return steering_.constraints().losses(); }
  const DraftCounts& drafts() const { return picker_.drafts(); }

 private:
  friend class Takes;

  Generator(std::shared_ptr<const Engine> engine, const Request& request,
            const GeneratorOptions& options);

  Result<void> begin();
  void begin_header();
  Result<void> begin_prompt();
  /// Writes as far as no pass of the model is needed; false at the end.
  bool settle();
  /// The next event that is there already, written down; kEnd at the end. Nothing: there is none.
  std::optional<ReadEvent> pop();
  ReadEvent say(TokenId id);
  TokenId choose();
  std::optional<TokenId> of_ending();
  void choose_ending();
  Generator branch(std::uint64_t seed) const;
  void judge_end(TokenId id);
  void take(TokenId id);
  /// What wishes and presence favour at the next draw.
  void favour();
  void hear(TokenId id);
  void take_row();
  void report(ReadEvent event);
  bool is_new(const ReadEvent& event) const;
  std::optional<TokenId> end_of_bar(TokenId base, const EventReader& reader) const;
  /// Counted from 1, the prompt's bars included.
  int last_bar() const { return prompt_bars_ + request_.bars; }
  std::uint32_t exact_tempo() const;
  bool is_full() const;
  bool is_too_late(const ReadEvent& event);

  std::shared_ptr<const Engine> engine_;
  Request request_;
  Steering steering_;
  TokenHistory history_;
  Picker picker_;
  std::optional<DelayedSteps> delayed_;  // of a model with delayed fields
  ScoreBuilder generated_;
  std::optional<Prompt> prompt_;
  TokenMask mask_;
  std::vector<ReadEvent> events_;  // that the last token completed
  std::size_t next_event_ = 0;     // of these, to be reported next
  bool is_branch_ = false;         // that writes an ending
  int endings_tried_ = 0;
  double end_odds_ = -std::numeric_limits<double>::infinity();
  std::vector<TokenId> ending_;     // that was chosen; empty until then
  std::size_t next_of_ending_ = 0;  // of these, to be written next

  std::size_t prompt_tokens_ = 0;
  std::size_t fields_ = 1;  // of a step of the model
  Tick prompt_end_;         // in grid ticks; 0 without a prompt
  int prompt_bars_ = 0;     // bars of the prompt as tokens count them
  // Where the tempo last changed, for the limit in seconds: grid ticks, and seconds of new music.
  Tick anchor_;
  double anchor_seconds_ = 0.0;
  std::uint32_t us_per_quarter_ = kDefaultTempo;
  bool last_step_begun_ = false;  // of the delayed ones
  bool ended_ = false;
};

}  // namespace sage
