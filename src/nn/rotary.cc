#include "nn/rotary.h"

#include <cmath>

namespace sage {

Rotary::Rotary(int head_dim, double theta)
    : half_(static_cast<std::size_t>(head_dim / 2)), coarse_(half_) {
  for (std::size_t i = 0; i < half_; ++i)
    frequency_.push_back(std::pow(theta, -2.0 * static_cast<double>(i) / head_dim));
  for (std::int64_t b = 0; b < kFine; ++b)
    for (const double f : frequency_) {
      const double angle = static_cast<double>(b) * f;
      fine_.push_back({std::cos(angle), std::sin(angle)});
    }
}

void Rotary::at(std::int64_t position, float* cosine, float* sine) {
  if (position / kFine != coarse_index_) {
    coarse_index_ = position / kFine;
    for (std::size_t i = 0; i < half_; ++i) {
      const double angle = static_cast<double>(coarse_index_ * kFine) * frequency_[i];
      coarse_[i] = {std::cos(angle), std::sin(angle)};
    }
  }
  const Angle* fine = fine_.data() + static_cast<std::size_t>(position % kFine) * half_;
  for (std::size_t i = 0; i < half_; ++i) {
    const Angle& a = coarse_[i];
    const Angle& b = fine[i];
    cosine[i] = static_cast<float>(a.cosine * b.cosine - a.sine * b.sine);
    sine[i] = static_cast<float>(a.sine * b.cosine + a.cosine * b.sine);
  }
}

}  // namespace sage
