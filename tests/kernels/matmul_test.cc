// Products of matrices against plain loops in double, and against themselves in other tilings.
#include <algorithm>
#include <cstring>

#include "kernel_fixture.h"

namespace sage::test {
namespace {

/// A product of random shape, with operands in memory of exactly their size.
struct Product {
  DType type = DType::kF32;
  std::int64_t rows = 0, in = 0, tokens = 0, stride = 0;
  std::vector<std::uint8_t> weight;  // in panels
  std::vector<double> exact_w;       // (rows, in): the weights' values
  std::vector<double> exact_x;       // (tokens, in): the activations' values
  std::vector<float> scale, x;
  std::vector<std::uint8_t> group_scale;  // in panels of bf16
  std::vector<std::int8_t> x8;
  std::vector<std::int32_t> group_sums;
  std::vector<RowScale> x_scale;
  std::vector<std::int32_t> index;  // a permutation

  MatmulArgs args(float* y) const {
    MatmulArgs args;
    args.weight = weight.data();
    args.scale = type == DType::kI8 ? scale.data() : nullptr;
    args.group_scale = reinterpret_cast<const Bf16*>(group_scale.data());
    args.group_sums = group_sums.data();
    args.in = in;
    args.row_end = rows;
    args.index = index.data();
    args.tokens = tokens;
    args.x = is_integer(type) ? static_cast<const void*>(x8.data()) : x.data();
    args.x_stride = stride;
    args.x_scale = x_scale.data();
    args.y = y;
    args.y_stride = rows;
    return args;
  }
};

class Matmul : public KernelTest {
 protected:
  template <class T>
  void fill(Product& p, T (*convert)(float), double (*value)(T)) {
    std::vector<T> elements;
    for (const float v : floats(static_cast<std::size_t>(p.rows * p.in), 2))
      elements.push_back(convert(v));
    p.weight = in_panels(p.type, p.rows, p.in, elements.data());
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double scale =
          p.type == DType::kI8 ? double{p.scale[i / static_cast<std::size_t>(p.in)]} : 1;
      p.exact_w.push_back(scale * value(elements[i]));
    }
  }

  /// Random elements and scales of int4.
  void fill_int4(Product& p) {
    const std::int64_t groups = group_count(p.in), bytes = row_bytes(DType::kI4, p.in);
    std::vector<Bf16> scales;
    for (const float v : floats(static_cast<std::size_t>(p.rows * groups), 0.1f))
      scales.push_back(to_bf16(v));
    std::vector<std::uint8_t> rows(static_cast<std::size_t>(p.rows * bytes), 0x88);
    for (std::int64_t r = 0; r < p.rows; ++r)
      for (std::int64_t k = 0; k < p.in; ++k) {
        const int stored = between(0, 15);
        std::uint8_t& byte = rows[static_cast<std::size_t>(r * bytes + k / 8 * 4 + k % 4)];
        byte = static_cast<std::uint8_t>(k % 8 < 4 ? (byte & 0xf0) | stored
                                                   : (byte & 0x0f) | stored << 4);
        const auto group = static_cast<std::size_t>(r * groups + k / kGroupColumns);
        p.exact_w.push_back(double{to_float(scales[group])} * (stored - 8));
      }
    // Rows of bytes in lines of four: the panels of int8 with as many columns.
    p.weight = in_panels(DType::kI8, p.rows, bytes, rows.data());
    p.group_scale = in_panels(DType::kBf16, p.rows, groups, scales.data());
  }

  void quantise(Product& p) {
    p.stride = (p.in + 7) / 8 * 8;
    p.x8.resize(static_cast<std::size_t>(p.tokens * p.stride));
    p.x_scale.resize(static_cast<std::size_t>(p.tokens));
    const std::int64_t groups = group_count(p.in);
    p.group_sums.resize(static_cast<std::size_t>(p.tokens * groups));
    for (std::int64_t t = 0; t < p.tokens; ++t) {
      RowScale& scale = p.x_scale[static_cast<std::size_t>(t)];
      std::int8_t* const row = &p.x8[static_cast<std::size_t>(t * p.stride)];
      kernels().quantise(&p.x[static_cast<std::size_t>(t * p.in)], p.in, row, &scale);
      kernels().sum_groups(row, p.in, &p.group_sums[static_cast<std::size_t>(t * groups)]);
      for (std::int64_t k = 0; k < p.in; ++k) p.exact_x.push_back(double{scale.scale} * row[k]);
    }
  }

  Product random_product(DType type) {
    Product p;
    p.type = type;
    p.rows = between(1, 90);
    p.in = between(1, 150);
    p.stride = p.in;
    p.tokens = between(1, 19);
    p.scale = floats(static_cast<std::size_t>(panel_count(p.rows) * kPanelRows), 0.1f);
    p.x = floats(static_cast<std::size_t>(p.tokens * p.in));
    for (int i = 0; i < p.tokens; ++i) p.index.push_back(i);
    for (std::size_t i = p.index.size(); i-- > 1;)
      std::swap(p.index[i], p.index[random_.below(static_cast<std::uint32_t>(i + 1))]);
    if (type == DType::kF32)
      fill<float>(
          p, [](float v) { return v; }, [](float v) { return double{v}; });
    else if (type == DType::kBf16)
      fill<Bf16>(
          p, [](float v) { return to_bf16(v); }, [](Bf16 v) { return double{to_float(v)}; });
    else if (type == DType::kI4)
      fill_int4(p);
    else
      fill<std::int8_t>(
          p, [](float v) { return static_cast<std::int8_t>(64 * v); },  // -128 too
          [](std::int8_t v) { return double{static_cast<double>(v)}; });
    if (is_integer(type))
      quantise(p);
    else
      p.exact_x.assign(p.x.begin(), p.x.end());
    return p;
  }
};

constexpr DType kMatmulTypes[] = {DType::kF32, DType::kBf16, DType::kI8, DType::kI4};

TEST_P(Matmul, AgreesWithDoubleWithinTheRoundingOfItsSums) {
  for (const DType type : kMatmulTypes)
    for (int repeat = 0; repeat < 60; ++repeat) {
      const Product p = random_product(type);
      std::vector<float> y(static_cast<std::size_t>(p.tokens * p.rows));
      kernels().matmul(type)(p.args(y.data()));
      for (std::int64_t t = 0; t < p.tokens; ++t)
        for (std::int64_t r = 0; r < p.rows; ++r) {
          double sum = 0, magnitude = 0;
          for (std::int64_t k = 0; k < p.in; ++k) {
            const double term = p.exact_w[static_cast<std::size_t>(r * p.in + k)] *
                                p.exact_x[static_cast<std::size_t>(t * p.in + k)];
            sum += term;
            magnitude += std::abs(term);
          }
          // n additions of relative error 2^-24 each, two roundings more for products and scales.
          const double bound = magnitude * static_cast<double>(p.in + 2) * 0x1.0p-24 + 1e-30;
          ASSERT_NEAR(static_cast<double>(y[static_cast<std::size_t>(t * p.rows + r)]), sum, bound)
              << p.rows << " x " << p.in << ", " << p.tokens << " tokens";
        }
    }
}

TEST_P(Matmul, AnElementDependsOnNothingButItsRowAndToken) {
  for (const DType type : kMatmulTypes)
    for (int repeat = 0; repeat < 30; ++repeat) {
      const Product p = random_product(type);
      std::vector<float> all(static_cast<std::size_t>(p.tokens * p.rows)), alone(all.size());
      kernels().matmul(type)(p.args(all.data()));
      MatmulArgs args = p.args(alone.data());
      args.tokens = 1;
      for (std::int64_t t = 0; t < p.tokens; ++t, ++args.index) {
        const std::int64_t split = between(0, static_cast<int>(p.rows));
        args.row_begin = 0;
        args.row_end = split;
        args.y = alone.data();
        kernels().matmul(type)(args);
        args.row_begin = split;
        args.row_end = p.rows;
        args.y = alone.data() + split;
        kernels().matmul(type)(args);
      }
      ASSERT_EQ(all, alone);
    }
}

TEST_P(Matmul, Int8IsTheSameBitsInEverySet) {
  for (int repeat = 0; repeat < 60; ++repeat) {
    const Product p = random_product(DType::kI8);
    std::vector<float> y(static_cast<std::size_t>(p.tokens * p.rows)), scalar(y.size());
    kernels().matmul_i8(p.args(y.data()));
    kernels_registry().front()->matmul_i8(p.args(scalar.data()));
    ASSERT_EQ(y, scalar);
  }
}

TEST_P(Matmul, Int8TakesTheLargestSums) {
  constexpr std::int64_t kIn = 65'536;
  const std::vector<std::int8_t> row(kIn, -128), x(kIn, 127);
  const auto weight = in_panels(DType::kI8, 1, kIn, row.data());
  const std::vector<float> scale(kPanelRows, 1);
  const RowScale x_scale = {1, 127 * static_cast<std::int32_t>(kIn)};
  const std::int32_t index = 0;
  float y = 0;
  kernels().matmul_i8({.weight = weight.data(),
                       .scale = scale.data(),
                       .in = kIn,
                       .row_end = 1,
                       .index = &index,
                       .tokens = 1,
                       .x = x.data(),
                       .x_scale = &x_scale,
                       .y = &y});
  EXPECT_EQ(y, -128.0f * 127 * kIn);
}

TEST_P(Matmul, AccumulatesOntoWhatIsThere) {
  for (const DType type : kMatmulTypes) {
    const Product p = random_product(type);
    std::vector<float> y(static_cast<std::size_t>(p.tokens * p.rows)), sum(y.size(), 3);
    MatmulArgs args = p.args(y.data());
    kernels().matmul(type)(args);
    args.y = sum.data();
    args.accumulate = true;
    kernels().matmul(type)(args);
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_FLOAT_EQ(sum[i], 3 + y[i]);
  }
}

TEST_P(Matmul, WritesNoRowOutsideItsRange) {
  const Product p = random_product(DType::kF32);
  for (const std::int64_t rows : {std::int64_t{0}, std::int64_t{1}, p.rows / 2}) {
    std::vector<float> y(static_cast<std::size_t>(p.tokens * p.rows), 1e9f);
    MatmulArgs args = p.args(y.data());
    args.row_begin = p.rows / 3;
    args.row_end = args.row_begin + rows;
    kernels().matmul_f32(args);
    EXPECT_EQ(std::count(y.begin(), y.end(), 1e9f),
              static_cast<std::ptrdiff_t>(y.size()) - p.tokens * rows);
  }
}

TEST_P(Matmul, Int4TakesTheLargestSums) {
  constexpr std::int64_t kIn = 65'536;
  const std::vector<std::uint8_t> row(kIn / 2, 0);  // -8 everywhere
  const std::vector<std::int8_t> x(kIn, 127);
  std::vector<std::int32_t> sums(static_cast<std::size_t>(group_count(kIn)));
  kernels().sum_groups(x.data(), kIn, sums.data());
  EXPECT_EQ(sums.back(), 127 * kGroupColumns);
  const auto weight = in_panels(DType::kI8, 1, kIn / 2, row.data());
  const std::vector<Bf16> ones(sums.size(), to_bf16(1));
  const auto scales =
      in_panels(DType::kBf16, 1, static_cast<std::int64_t>(ones.size()), ones.data());
  const RowScale x_scale = {1, 0};
  const std::int32_t index = 0;
  float y = 0;
  kernels().matmul_i4({.weight = weight.data(),
                       .group_scale = reinterpret_cast<const Bf16*>(scales.data()),
                       .in = kIn,
                       .row_end = 1,
                       .index = &index,
                       .tokens = 1,
                       .x = x.data(),
                       .x_scale = &x_scale,
                       .group_sums = sums.data(),
                       .y = &y});
  EXPECT_EQ(y, -8.0f * 127 * kIn);
}

SAGE_FOR_ALL_KERNELS(Matmul);

}  // namespace
}  // namespace sage::test
