// How much an instrument that should play and is silent is favoured (Request::presence).
#pragma once

#include <algorithm>

namespace sage {

inline constexpr int kBarsOfSilence = 2;  // of a part that has played, without being favoured

/// Nats added to a program's logit after `bars` > 0 silent bars too many: `presence` a bar, up to
/// 8, which is enough to be heard and too little to fill a bar.
inline double presence_favour(double presence, int bars) { return std::min(8.0, presence * bars); }

}  // namespace sage
