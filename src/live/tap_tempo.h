// A tempo from taps on a key or a pedal.
#pragma once

#include <cstdint>
#include <optional>

namespace sage::live {

class TapTempo {
 public:
  /// In bpm, a beat a tap; nothing for the first tap after a pause.
  std::optional<double> tap(std::int64_t time_us) {
    const std::int64_t gap = time_us - last_us_;
    last_us_ = time_us;
    if (gap <= 0 || gap > kLongestGapUs) {
      bpm_ = 0;
      return std::nullopt;
    }
    const double bpm = 60e6 / static_cast<double>(gap);
    bpm_ = bpm_ == 0 ? bpm : kOld * bpm_ + kNew * bpm;
    return bpm_;
  }

 private:
  static constexpr std::int64_t kLongestGapUs = 2'500'000;
  static constexpr double kOld = 0.6, kNew = 0.4;  // weights: taps are uneven
  std::int64_t last_us_ = 0;
  double bpm_ = 0;  // 0: unknown
};

}  // namespace sage::live
