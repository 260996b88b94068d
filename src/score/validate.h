// Whether a score holds what the library can work with: the door for scores that do not come from
// its own reader.
#pragma once

#include "base/error.h"
#include "score/score.h"

namespace sage {

/// The latest tick of a score: far behind any music, and sums and products of ticks stay exact.
inline constexpr std::int64_t kLastTick = std::int64_t{1} << 40;

/// Refuses, with the track and note where it is one: ticks a quarter outside 1 to 32,767; times
/// below 0 or beyond kLastTick; pitches, velocities, programs, controllers above 127; bends, keys,
/// meters and tempos that there are not. Notes need not be sorted; tempos and meters must be.
Result<void> validate(const Score& score);

}  // namespace sage
