// The learning rate as a function of how far a run has come.
#pragma once

#include <cstdint>

namespace sage {

enum class Schedule {
  kStableDecay,  // warm-up, constant, then linearly to zero over the last part of the run
  kCosine,       // warm-up, then half a cosine to a tenth
};

struct ScheduleOptions {
  Schedule shape = Schedule::kStableDecay;
  double peak = 1.5e-3;
  std::int64_t warmup_steps = 100;
  double decay_share = 0.3;  // of the run; kStableDecay
};

/// `progress` in [0, 1] is the share of the steps, or of the time, that is used up. Where time is
/// the budget the decay thereby follows the measured speed and ends with the run.
double learning_rate(const ScheduleOptions& options, std::int64_t step, double progress);

}  // namespace sage
