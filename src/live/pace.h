// How long writing takes on this machine, and what follows from it: when to begin with an interval,
// and how long intervals are. Measured again with every interval. Plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "score/time.h"

namespace sage::live {

class Pace {
 public:
  /// `interval` in ticks; 0: as short as the machine allows, from half a beat to a bar.
  Pace(int grid, Tick interval) : grid_(grid), fixed_(interval) {}

  /// Writing an interval took so long.
  void took(double us);
  /// How long before an interval its writing should begin: long enough for most, with some to
  /// spare.
  double lead_us(double interval_us) const;
  /// The length of the next interval.
  Tick interval(double us_per_tick, Tick bar);

 private:
  double slow_us() const;  // 95 of 100 take no longer

  static constexpr std::size_t kWindow = 64;
  static constexpr std::size_t kFew = 4;
  int grid_;
  Tick fixed_;
  Tick current_{0};
  std::array<double, kWindow> recent_{};
  std::size_t count_ = 0;
};

}  // namespace sage::live
