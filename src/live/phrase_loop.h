// What a looper plays again. A pure function.
#pragma once

#include <span>
#include <vector>

#include "live/band.h"
#include "live/hearing.h"

namespace sage::live {

/// The notes of [from, to) when the person's first `length` ticks are played again and again, and
/// what `programs` of the band played one round earlier with them.
std::vector<BandNote> repeat_phrase(std::span<const HeardNote> heard,
                                    std::span<const BandNote> played, std::span<const int> programs,
                                    Tick length, Tick from, Tick to);

}  // namespace sage::live
