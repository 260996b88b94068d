// The grammar narrowed to what a request wants: a reader of base ids like any other, so that merged
// tokens are judged by it too.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "generate/constraint.h"
#include "generate/request.h"
#include "generate/sampler.h"
#include "tokens/tokenizer.h"

namespace sage {

class Steering final : public EventReader {
 public:
  /// The tokenizer must outlive the reader.
  Steering(const Tokenizer& tokenizer, const Request& request);
  Steering(const Steering& other);
  Steering& operator=(const Steering&) = delete;

  std::unique_ptr<EventReader> clone() const override;
  void copy_from(const EventReader& other) override;
  ReadEvent push(TokenId id) override;
  void allowed(TokenMask& mask) const override;
  void restrict_programs(const ProgramSet& programs) override;
  int bars_begun() const override { return grammar_->bars_begun(); }
  Tick now() const override { return grammar_->now(); }
  /// Where the bar that was begun last ends.
  Tick bar_end() const { return state_.bar_start + Tick{state_.bar_steps}; }

  /// From here on the request's wishes hold; until then, for a header and a prompt, the grammar
  /// alone. `last_bar` counts from 1, the prompt's bars included.
  void follow_request(int last_bar);
  /// Who is to be heard in the new part, see Request::presence.
  void expect(const ProgramSet& programs) { state_.expected = programs; }
  /// To be written at the next bar; what is in force already is not written again.
  void meter_due(TokenId id);
  void tempo_due(TokenId id);
  /// What those that are expected and have been silent for some bars are favoured by, and what the
  /// wishes favour: tokens, and what is added to their logits.
  std::vector<Candidate> favours() const;
  /// What the request's wishes mean for the notes.
  const Constraints& constraints() const { return constraints_; }
  void drawn(double entropy) { constraints_.drawn(entropy); }
  /// The bar is complete and no other may begin: only what ends the piece is legal from now on.
  void close();

 private:
  // Token ids; -1: none.
  struct State {
    TokenId meter = -1, tempo = -1;          // in force
    TokenId meter_due = -1, tempo_due = -1;  // to be written as soon as they may
    Tick bar_start;
    int bar_steps = 0;
    int last_bar = 0;
    ProgramSet expected;
    std::array<int, kProgramCount> heard{};  // the latest bar in which each sounds
    bool following = false;
    bool closing = false;
  };

  void keep_to_the_bar(TokenMask& mask) const;
  void fix(TokenMask& mask, Kind kind, TokenId due, TokenId in_force, bool free) const;

  const Vocabulary* vocabulary_;
  std::unique_ptr<EventReader> grammar_;
  bool allow_meter_changes_, allow_tempo_changes_;
  double presence_;
  Constraints constraints_;
  State state_;
};

}  // namespace sage
