#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sage {

double learning_rate(const ScheduleOptions& options, std::int64_t step, double progress) {
  const double p = std::clamp(progress, 0.0, 1.0);
  double factor = 1.0;
  switch (options.shape) {
    case Schedule::kStableDecay:
      if (options.decay_share > 0) factor = std::min(1.0, (1.0 - p) / options.decay_share);
      break;
    case Schedule::kCosine:
      factor = 0.1 + 0.45 * (1.0 + std::cos(std::numbers::pi * p));
      break;
  }
  if (step < options.warmup_steps)
    factor =
        std::min(factor, static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps));
  return options.peak * factor;
}

}  // namespace sage
