// The value of a measure that has nothing to measure.
#pragma once

#include <limits>

namespace sage {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace sage
