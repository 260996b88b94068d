// The bars of a session, counted from its first beat: of one meter, or of a list of changes.
#pragma once

#include <vector>

#include "score/score.h"
#include "score/timeline.h"

namespace sage::live {

class BarTable {
 public:
  /// `meters` by time, in grid ticks; the first one at 0. A change within a bar cuts it short.
  BarTable(int grid, std::vector<MeterChange> meters);

  struct Place {
    int number = 0;  // from 0
    Bar bar;
  };
  /// The bar that a moment lies in; what comes before 0 lies in bars like the first.
  Place at(Tick time) const;
  /// The start of a bar.
  Tick start(int number) const;
  Tick beat() const { return {grid_}; }

 private:
  struct Run {
    Tick start;
    Tick length;  // of a bar
    int first;    // number of the first bar
    Meter meter;
    Tick end;
  };
  int grid_;
  std::vector<Run> runs_;
};

}  // namespace sage::live
