// Time that has passed.
#pragma once

#include <chrono>

namespace sage {

using Stopwatch = std::chrono::steady_clock;

/// Seconds since `begin`.
inline double seconds_since(Stopwatch::time_point begin) {
  return std::chrono::duration<double>(Stopwatch::now() - begin).count();
}

}  // namespace sage
