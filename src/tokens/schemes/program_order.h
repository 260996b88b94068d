// The order of programs at a position: ascending, or as the header lists them and then ascending
// those that it does not list. Plain value; copies with its reader.
#pragma once

#include <array>
#include <cstdint>

#include "score/score.h"
#include "tokens/schemes/index_set.h"

namespace sage {

class HeaderOrder {
 public:
  /// The next program of the header. Precondition: it was not listed before.
  void list(int program) {
    listed_.set(program);
    programs_[static_cast<std::size_t>(count_++)] = static_cast<std::uint8_t>(program);
  }
  bool lists(int program) const { return listed_.has(program); }
  const IndexSet& listed() const { return listed_; }

  /// 0 for the program that comes first.
  int rank(int program) const {
    if (!lists(program)) return kProgramCount + program;
    int rank = 0;
    while (programs_[static_cast<std::size_t>(rank)] != program) ++rank;
    return rank;
  }

  /// Takes `program` and all that come before it out of a set; program -1: nothing.
  void remove_through(int program, IndexSet& set) const {
    if (program < 0) return;
    for (int i = 0; i < count_; ++i) {
      const int earlier = programs_[static_cast<std::size_t>(i)];
      set.reset(earlier);
      if (earlier == program) return;
    }
    // Not listed: all that are come first and are gone.
    set.clear_below(program + 1);
  }

 private:
  IndexSet listed_;
  std::array<std::uint8_t, kProgramCount> programs_ = {};
  int count_ = 0;
};

}  // namespace sage
