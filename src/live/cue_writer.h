// Says in cues what is to sound: notes of players, clicks, programs, and how ticks map to time.
//
// Belongs to the inference thread; the scheduler reads the cues in its own. A cue that finds the
// queue full is dropped, and the scheduler counts it.
#pragma once

#include "live/band.h"
#include "live/bars.h"
#include "live/lineup.h"
#include "live/scheduler.h"
#include "live/transport.h"

namespace sage::live {

class CueWriter {
 public:
  /// All must outlive it.
  CueWriter(SpscQueue<Cue>& cues, const Lineup& lineup, const BarTable& bars, int grid)
      : cues_(cues), lineup_(lineup), bars_(bars), grid_(grid) {}

  /// The instrument of a player.
  void program(const Player& player);
  /// A note of one of the players, `gain` times as loud.
  void note(const BandNote& note, double gain);
  /// A click on each beat of [from, to).
  void clicks(Tick from, Tick to);
  /// The transport's lines up to `until` that the output does not know yet. Files can have
  /// thousands, so it learns of a line when it is about to matter.
  void lines(const Transport& transport, double until);
  /// The transport's lines from `tick` on have changed.
  void lines_changed(double tick);

 private:
  SpscQueue<Cue>& cues_;
  const Lineup& lineup_;
  const BarTable& bars_;
  int grid_;
  double known_until_ = -1e300;  // tick of the last line that the output knows
};

}  // namespace sage::live
