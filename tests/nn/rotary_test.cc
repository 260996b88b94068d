#include "nn/rotary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sage {
namespace {

TEST(Rotary, IsTheFormulaAtAnyPositionInAnyOrder) {
  Rotary rotary(10, 10'000);
  for (const std::int64_t position : {0, 1, 63, 64, 1000, 5, 1'000'000, 65}) {
    float cosine[5], sine[5], cosine_once[5], sine_once[5];
    rotary.at(position, cosine, sine);
    Rotary(10, 10'000).at(position, cosine_once, sine_once);
    for (int i = 0; i < 5; ++i) {
      const double angle = static_cast<double>(position) * std::pow(10'000.0, -2.0 * i / 10);
      EXPECT_NEAR(static_cast<double>(cosine[i]), std::cos(angle), 1e-7);
      EXPECT_NEAR(static_cast<double>(sine[i]), std::sin(angle), 1e-7);
      EXPECT_EQ(cosine[i], cosine_once[i]);
      EXPECT_EQ(sine[i], sine_once[i]);
    }
  }
}

}  // namespace
}  // namespace sage
