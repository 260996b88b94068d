// Draws the next note of the programs that are open, among notes that are known to come: by the
// exact conditional of the model's own distribution (docs/decisions/0025-holes-in-place.md).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "generate/read_history.h"
#include "generate/sampler.h"
#include "generate/sequence.h"

namespace sage {

/// Where a drawn note may stand in the bar that was begun: at positions [from, limit), and at the
/// position of the next known note before it in the order of programs.
struct NoteGap {
  struct Known {
    int position, rank, program;
  };
  int from = 0;
  int limit = 0;              // the bar's end, or where what is to be written ends
  std::optional<Known> next;  // before the limit
  /// Whether notes of a program may be drawn at a position.
  std::function<bool(int program, int position)> open;
};

struct DrawnNote {
  int program = 0;
  Note note;  // in grid ticks of the sequence
};

class NoteDraw {
 public:
  NoteDraw(const Tokenizer& tokenizer, const SamplerOptions& options);

  /// A drawn note, said; nothing where none comes before the next known one, or before the limit.
  /// Where the known one's position opens with nothing drawn, its POSITION may have been said.
  std::optional<DrawnNote> next(const NoteGap& gap, Sequence& sequence, ReadHistory& model,
                                std::span<const Candidate> favours, Random& random);

 private:
  struct Job;
  struct Choice {
    TokenId id;
    double probability;
  };
  struct Option {
    TokenId id;  // -1: no open note before the next known one
    double weight;
    bool certain;  // the weight needs no look ahead
  };

  std::span<const Candidate> favours(const Job& job);
  void weigh(const Job& job);
  bool may_come(const Job& job, int program, int position) const;
  double open_share(const Job& job, int position);
  bool is_due_in_gap(const Job& job) const;
  bool begin_due(const Job& job);
  bool begin_before(const Job& job);
  bool begin_in_gap(const Job& job);
  void list_options(const Job& job);
  void say_program(const Job& job, int position);
  DrawnNote finish(const Job& job);
  TokenId draw(const Job& job);

  const Vocabulary* vocabulary_;
  Sampler sampler_;
  SamplerOptions options_;
  bool compact_;
  TokenMask mask_;
  std::vector<float> logits_;
  std::vector<Choice> choices_;
  std::vector<Candidate> favours_;
  std::vector<Option> options_of_gap_;
};

}  // namespace sage
