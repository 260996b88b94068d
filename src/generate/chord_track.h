// Which chord is in force where: a progression laid over bars, repeated as often as needed. Plain
// value. Bars count from 0; negative ones have no chord.
#pragma once

#include <string_view>

#include "score/harmony.h"

namespace sage {

class ChordTrack {
 public:
  ChordTrack() = default;
  /// Precondition: parse_progression() accepts the text.
  explicit ChordTrack(std::string_view text);

  bool empty() const { return bars_.empty(); }
  /// nullptr where there is none.
  const Chord* at(int bar, int position, int bar_steps) const;
  /// Whether a chord begins there.
  bool begins_at(int bar, int position, int bar_steps) const;
  /// Whether the bar, its middle or a chord begins there.
  bool is_strong(int bar, int position, int bar_steps) const;
  /// Steps from there to the next strong position, the next bar line included.
  int to_next_strong(int bar, int position, int bar_steps) const;
  /// Steps for which a pitch class belongs to every chord that is in force; where bars go on as
  /// this one. At most `limit`.
  int belongs_for(int pitch_class, int bar, int position, int bar_steps, int limit) const;

 private:
  const std::vector<Chord>* bar(int number) const;

  Progression bars_;
};

}  // namespace sage
