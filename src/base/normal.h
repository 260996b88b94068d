#pragma once

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace sage {

/// From the normal distribution with mean 0 and deviation 1 (Box and Muller 1958, one of the pair).
inline double standard_normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  const double angle = 2 * std::numbers::pi * random.uniform();
  return radius * std::cos(angle);
}

}  // namespace sage
