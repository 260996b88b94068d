// A piece in which some programs are to be written again, or added, in a range of bars: what is
// kept, on the grid, and how what was written joins it. Serves every way of writing into holes.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "base/error.h"
#include "generate/compose.h"
#include "generate/infill.h"
#include "tokens/tokenizer.h"

namespace sage {

/// Bars of the piece on the grid: [begin, end).
struct BarRange {
  int begin = 0, end = 0;
};

class PieceWithHoles {
 public:
  /// Errors: a piece without notes, programs or bars that there are not. The tokenizer must outlive
  /// it.
  static Result<PieceWithHoles> create(const InfillRequest& request, const Tokenizer& tokenizer);

  /// To be written, ascending, and where.
  const std::vector<int>& programs() const { return programs_; }
  bool is_asked(int program) const;
  BarRange bars() const { return bars_; }
  /// All bars of the piece on the grid, and its tempi there.
  const Quantised& piece() const { return piece_.piece; }
  const Bar& bar(int i) const { return piece_.piece.bars[static_cast<std::size_t>(i)]; }

  /// What is known of a program in some bars, on the grid: kept notes and those added since.
  std::span<const Note> notes_in(int program, BarRange bars) const;
  /// Bars as a piece of their own, with all programs that are to be written, but for those hidden.
  Quantised window(BarRange bars, const ProgramSet& hidden = {}) const;
  /// New notes, in grid ticks of the piece; they are known from then on.
  void add(int program, std::span<const Note> notes);

  /// The piece in its own timing, with the new notes in place of the old ones.
  Infilled result() const;

 private:
  PieceWithHoles(const InfillRequest& request, const Tokenizer& tokenizer)
      : tokenizer_(&tokenizer), request_(request) {}
  Result<void> choose_programs();
  Result<void> choose_bars();
  void make_room();
  static bool is_within(const Note& note, Tick from, Tick to) {
    return note.onset >= from && note.onset < to;
  }

  const Tokenizer* tokenizer_;
  InfillRequest request_;  // but for its piece
  Prompt piece_;
  std::vector<int> programs_;
  BarRange bars_;
  std::array<std::vector<Note>, kProgramCount> notes_;  // all that is known, on the grid
  std::array<std::vector<Note>, kProgramCount> added_;
};

}  // namespace sage
