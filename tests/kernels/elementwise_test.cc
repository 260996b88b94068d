// Norm, rotary positions, activations and rounding against their formulas in double.
#include <bit>
#include <cstdint>
#include <limits>

#include "kernel_fixture.h"

namespace sage::test {
namespace {

class Elementwise : public KernelTest {};

constexpr std::size_t kLengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 64, 100, 353};

TEST_P(Elementwise, RmsNorm) {
  for (const std::size_t n : kLengths) {
    const auto x = floats(n, 3), weight = floats(n);
    std::vector<float> out(n);
    kernels().rms_norm(x.data(), weight.data(), static_cast<std::int64_t>(n), 1e-5f, out.data());
    double squares = 0;
    for (const float v : x) squares += double{v} * double{v};
    const double root = std::sqrt(squares / static_cast<double>(n) + 1e-5);
    for (std::size_t i = 0; i < n; ++i)
      ASSERT_NEAR(static_cast<double>(out[i]), double{weight[i]} * double{x[i]} / root, 2e-6);
  }
}

TEST_P(Elementwise, Rotate) {
  for (const std::size_t half : kLengths) {
    const auto x = floats(2 * half), angle = floats(half, 4);
    std::vector<float> cosine, sine;
    for (const float a : angle) {
      cosine.push_back(std::cos(a));
      sine.push_back(std::sin(a));
    }
    auto out = x;  // in place
    kernels().rotate(out.data(), cosine.data(), sine.data(), static_cast<std::int64_t>(2 * half),
                     0.5f, out.data());
    for (std::size_t i = 0; i < half; ++i) {
      const double c = double{cosine[i]}, s = double{sine[i]};
      const double low = double{x[i]}, high = double{x[i + half]};
      ASSERT_NEAR(static_cast<double>(out[i]), 0.5 * (low * c - high * s), 3e-7);
      ASSERT_NEAR(static_cast<double>(out[i + half]), 0.5 * (high * c + low * s), 3e-7);
    }
  }
}

TEST_P(Elementwise, Swiglu) {
  for (const std::size_t n : kLengths)
    for (const float scale : {1.0f, 30.0f, 1000.0f}) {
      const auto x = floats(n, scale), up = floats(n);
      auto gate = x;
      kernels().swiglu(gate.data(), up.data(), static_cast<std::int64_t>(n));
      for (std::size_t i = 0; i < n; ++i) {
        const double expected = double{x[i]} / (1 + std::exp(-double{x[i]})) * double{up[i]};
        ASSERT_NEAR(static_cast<double>(gate[i]), expected, 5e-7 * (1 + std::abs(expected)));
      }
    }
}

TEST_P(Elementwise, Gelu) {
  for (const std::size_t n : kLengths)
    for (const float scale : {1.0f, 6.0f, 1000.0f}) {
      const auto x = floats(n, scale);
      auto out = x;
      kernels().gelu(out.data(), static_cast<std::int64_t>(n));
      for (std::size_t i = 0; i < n; ++i) {
        const double expected = double{x[i]} * 0.5 * (1 + std::erf(double{x[i]} / std::sqrt(2.0)));
        ASSERT_NEAR(static_cast<double>(out[i]), expected, 5e-7 * (1 + std::abs(expected)));
      }
    }
}

TEST_P(Elementwise, NarrowRoundsLikeTheDefinition) {
  std::vector<float> values = {0.0f,
                               -0.0f,
                               1.0f,
                               1.00390625f,
                               1.01171875f,
                               3.4e38f,
                               1e-40f,
                               std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity(),
                               std::numeric_limits<float>::quiet_NaN(),
                               std::bit_cast<float>(0x7f800001u)};
  for (int i = 0; i < 5000; ++i)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random_.next())));
  std::vector<Bf16> out(values.size());
  kernels().narrow(values.data(), static_cast<std::int64_t>(values.size()), out.data());
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(out[i].bits, to_bf16(values[i]).bits) << values[i];
}

TEST_P(Elementwise, QuantiseIsTheSameBitsInEverySetAndWithinHalfAStep) {
  for (const std::size_t n : kLengths)
    for (const float scale : {0.0f, 1e-30f, 1.0f, 1e30f}) {
      const auto x = floats(n, scale);
      std::vector<std::int8_t> out(n + 3, 1), scalar(n + 3, 1);
      RowScale row, of_scalar;
      kernels().quantise(x.data(), static_cast<std::int64_t>(n), out.data(), &row);
      kernels_registry().front()->quantise(x.data(), static_cast<std::int64_t>(n), scalar.data(),
                                           &of_scalar);
      ASSERT_EQ(out, scalar);
      ASSERT_EQ(row.scale, of_scalar.scale);
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < n; ++i) {
        sum += out[i];
        ASSERT_LE(std::abs(x[i] - row.scale * out[i]), row.scale * 0.5001f);
      }
      ASSERT_EQ(row.sum, sum);
      for (std::size_t i = n; i % 4 != 0; ++i) ASSERT_EQ(out[i], 0);
    }
}

TEST_P(Elementwise, QuantiseTakesWhatIsNoNumber) {
  const float x[] = {1, std::numeric_limits<float>::quiet_NaN(), 3, -2,
                     std::numeric_limits<float>::infinity()};
  std::int8_t out[8] = {};
  RowScale row;
  kernels().quantise(x, 5, out, &row);
  EXPECT_EQ(out[5], 0);
  for (const std::int8_t v : out) EXPECT_GE(v, -127);
}

SAGE_FOR_ALL_KERNELS(Elementwise);

}  // namespace
}  // namespace sage::test
