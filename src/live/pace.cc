#include "live/pace.h"

#include <algorithm>

namespace sage::live {
namespace {

constexpr double kSpare = 1.5;          // times the slow ones
constexpr double kLeastLeadUs = 6'000;  // wake-up, queues, the output's own poll
// An interval is lengthened where writing takes more of it than the first, shortened below the
// second.
constexpr double kTooBusy = 0.6, kIdle = 0.2;

}  // namespace

void Pace::took(double us) { recent_[count_++ % kWindow] = us; }

double Pace::slow_us() const {
  const std::size_t n = std::min(count_, kWindow);
  if (n == 0) return 0;
  std::array<double, kWindow> sorted = recent_;
  const auto at = static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(n - 1) + 0.5);
  std::nth_element(sorted.begin(), sorted.begin() + at,
                   sorted.begin() + static_cast<std::ptrdiff_t>(n));
  return sorted[static_cast<std::size_t>(at)];
}

double Pace::lead_us(double interval_us) const {
  if (count_ < kFew) return interval_us;
  return std::min(interval_us, kSpare * slow_us() + kLeastLeadUs);
}

Tick Pace::interval(double us_per_tick, Tick bar) {
  if (fixed_ > Tick{0}) return fixed_;
  const Tick beat{grid_}, half{std::max(1, grid_ / 2)};
  if (current_ == Tick{0}) current_ = beat;
  if (count_ >= kFew) {
    const double share = slow_us() / (static_cast<double>(current_.count) * us_per_tick);
    if (share > kTooBusy) current_ = std::min(current_ * 2, std::max(beat, bar));
    if (share < kIdle) current_ = std::max(half, Tick{current_.count / 2});
  }
  return current_;
}

}  // namespace sage::live
