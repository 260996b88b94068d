// Collects what a reader reports into a score.
#pragma once

#include <array>
#include <vector>

#include "score/score.h"
#include "tokens/reader.h"

namespace sage {

class ScoreBuilder {
 public:
  explicit ScoreBuilder(int ticks_per_quarter) { score_.ticks_per_quarter = ticks_per_quarter; }

  void add(const ReadEvent& event);
  std::size_t notes() const { return note_count_; }
  /// The score so far: one track a program in ascending order, drums last; notes sorted.
  Score build() const;

 private:
  Score score_;  // tempo and meter only
  std::array<std::vector<Note>, kProgramCount> notes_;
  std::size_t note_count_ = 0;
};

}  // namespace sage
