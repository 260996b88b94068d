// Cosines and sines of rotary positions (Su et al. 2021), for any position, without tables that
// grow.
#pragma once

#include <cstdint>
#include <vector>

namespace sage {

/// Angles in double precision: position = 64 a + b, and the sum of the angles of 64 a and b by the
/// addition theorem. The result for a position does not depend on the calls before.
class Rotary {
 public:
  Rotary(int head_dim, double theta);
  /// cosine[i], sine[i] of position * theta^(-2i / head_dim), i < head_dim / 2.
  void at(std::int64_t position, float* cosine, float* sine);

 private:
  struct Angle {
    double cosine, sine;
  };
  static constexpr std::int64_t kFine = 64;

  std::size_t half_;
  std::vector<double> frequency_;  // (half)
  std::vector<Angle> fine_;        // (kFine, half)
  std::vector<Angle> coarse_;      // (half), of position coarse_index_ * kFine
  std::int64_t coarse_index_ = -1;
};

}  // namespace sage
