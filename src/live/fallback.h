// What the band plays when the model's own notes are not there in time: its last bar again, fitted
// to what sounds now. Pure functions.
#pragma once

#include <span>
#include <vector>

#include "live/band.h"
#include "score/harmony.h"

namespace sage::live {

/// How an interval came about, the best first.
enum class Rung {
  kFresh,    // written in time, with all that was heard
  kShorter,  // the same for a part of it; the rest follows
  kPlan,     // from the plan that was made an interval before
  kRepeat,   // the last bar's pattern
  kRest,     // nothing
};
inline constexpr int kRungs = 5;
const char* name_of(Rung rung);

/// The notes of [from - bar, to - bar), a bar later. Pitched ones that are not of these pitch
/// classes move to the nearest that is; with no pitch classes given they stay.
std::vector<BandNote> repeat_bar(std::span<const BandNote> played, Tick from, Tick to, Tick bar,
                                 PitchClasses sounding);

}  // namespace sage::live
