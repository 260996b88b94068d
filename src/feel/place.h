// Where an onset stands in its bar, as feels count it. Internal to feel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/normal.h"
#include "base/random.h"
#include "feel/feel.h"
#include "score/timeline.h"

namespace sage {

/// The quarter of the bar, as one of the four of a bar of 4/4: the first, a strong or a weak one.
inline int quarter_of(std::int64_t quarter) {
  return quarter == 0 ? 0 : quarter % 2 == 1 ? (quarter % 4 == 3 ? 3 : 1) : 2;
}

/// Slots of a feel that swings are shares of a quarter: its start, the first third, and the
/// offbeat, wherever that is.
inline constexpr double kFirstThird = 1.0 / 3;

inline bool swings(double offbeat) { return offbeat > 0.53; }

/// A slot within a quarter and the share of the quarter at which it stands, for an onset `share`
/// into it. Slot 4 is the next quarter's slot 0.
struct SlotInQuarter {
  int slot;
  double at;
};

inline SlotInQuarter slot_in_quarter(double share, double offbeat) {
  if (!swings(offbeat)) {
    const int slot = static_cast<int>(std::floor(share * 4 + 0.5));
    return {slot, slot / 4.0};
  }
  if (share < kFirstThird / 2) return {0, 0.0};
  if (share < (kFirstThird + offbeat) / 2) return {1, kFirstThird};
  if (share < (offbeat + 1) / 2) return {2, offbeat};
  return {4, 1.0};
}

/// Onsets of a score as places of a feel.
class Places {
 public:
  struct Place {
    const Bar* bar;
    double share;  // of the quarter
    int slot;      // of the feel
  };

  /// Precondition: bars_of() the score, at least one.
  Places(int ticks_per_quarter, std::vector<Bar> bars, double offbeat)
      : ticks_per_quarter_(ticks_per_quarter), bars_(std::move(bars)), offbeat_(offbeat) {}

  const Bar& bar_of(Tick time) const {
    const auto after = std::upper_bound(bars_.begin(), bars_.end(), time,
                                        [](Tick t, const Bar& bar) { return t < bar.start; });
    return after == bars_.begin() ? bars_.front() : *(after - 1);
  }

  Place of(Tick time) const {
    const Bar& bar = bar_of(time);
    const std::int64_t ticks = (time - bar.start).count;
    const std::int64_t quarter = ticks / ticks_per_quarter_;
    const double share = static_cast<double>(ticks % ticks_per_quarter_) / ticks_per_quarter_;
    const int slot = slot_in_quarter(share, offbeat_).slot;
    const int in_bar = slot == 4 ? 4 * quarter_of(quarter + 1) : 4 * quarter_of(quarter) + slot;
    return {&bar, share, in_bar % kFeelSlots};
  }

 private:
  int ticks_per_quarter_;
  std::vector<Bar> bars_;
  double offbeat_;
};

/// A velocity with a share of a cell's accent, and with half of its variation: between the notes of
/// one performance there is less than between performances.
inline std::uint8_t accented(double velocity, const FeelCell& cell, double share, Random& random) {
  constexpr double kSoftest = 8, kLoudest = 127;
  const double louder = cell.accent + cell.accent_spread * standard_normal(random) / 2;
  return static_cast<std::uint8_t>(
      std::lround(std::clamp(velocity + share * louder, kSoftest, kLoudest)));
}

}  // namespace sage
