// Attention over pages of keys, joined, against one softmax over all keys in double.
#include <algorithm>

#include "kernel_fixture.h"

namespace sage::test {
namespace {

constexpr DType kTypes[] = {DType::kF32, DType::kBf16, DType::kI8};

class Attend : public KernelTest {
 protected:
  /// Rows in the cache's type, and as the values that they have then.
  struct Rows {
    std::vector<float> values;
    std::vector<std::uint8_t> stored;  // (rows, dim)
    std::vector<RowScale> scales;      // I8
  };
  /// A K/V head with its queries.
  struct Case {
    DType type;
    int head_dim, keys, queries;
    Rows q, k, v;
  };

  Rows random_rows(DType type, int rows, int dim, float scale) {
    const auto width = static_cast<std::size_t>(dim);
    Rows out;
    out.values = floats(static_cast<std::size_t>(rows) * width, scale);
    out.stored.resize(out.values.size() * size_of(type));
    if (type == DType::kF32) std::memcpy(out.stored.data(), out.values.data(), out.stored.size());
    for (std::size_t i = 0; type == DType::kBf16 && i < out.values.size(); ++i) {
      const Bf16 narrow = to_bf16(out.values[i]);
      std::memcpy(&out.stored[2 * i], &narrow, 2);
      out.values[i] = to_float(narrow);
    }
    for (std::size_t row = 0; type == DType::kI8 && row < static_cast<std::size_t>(rows); ++row) {
      std::vector<std::int8_t> narrow(width + 3);
      kernels().quantise(&out.values[row * width], dim, narrow.data(), &out.scales.emplace_back());
      std::memcpy(&out.stored[row * width], narrow.data(), width);
      for (std::size_t i = 0; i < width; ++i)
        out.values[row * width + i] = out.scales.back().scale * static_cast<float>(narrow[i]);
    }
    return out;
  }

  Case random_case(DType type) {
    Case c{type, 2 * between(1, 45), between(1, 200), between(1, 19), {}, {}, {}};
    c.q = random_rows(type == DType::kBf16 ? DType::kF32 : type, c.queries, c.head_dim, 2);
    c.k = random_rows(type, c.keys, c.head_dim, 2);
    c.v = random_rows(type, c.keys, c.head_dim, 1);
    return c;
  }

  /// A page of the cache that holds the keys [first, first + kPageTokens), as far as there are any.
  struct Page {
    std::vector<std::uint8_t> keys, values;
    std::vector<float> key_scale, value_scale;
  };
  static Page page_of(const Case& c, int first) {
    const auto size = size_of(c.type), dim = static_cast<std::size_t>(c.head_dim);
    std::vector<std::uint8_t> keys(kPageTokens * dim * size), values(keys.size());
    Page page{{}, {}, std::vector<float>(kPageTokens), std::vector<float>(kPageTokens)};
    for (std::size_t j = 0; j < kPageTokens && static_cast<int>(j) + first < c.keys; ++j) {
      const std::size_t row = j + static_cast<std::size_t>(first);
      std::memcpy(&keys[j * dim * size], &c.k.stored[row * dim * size], dim * size);
      for (std::size_t d = 0; d < dim; ++d)  // transposed
        std::memcpy(&values[(d * kPageTokens + j) * size], &c.v.stored[(row * dim + d) * size],
                    size);
      if (c.type != DType::kI8) continue;
      page.key_scale[j] = c.k.scales[row].scale;
      page.value_scale[j] = c.v.scales[row].scale;
    }
    page.keys = in_panels(c.type, kPageTokens, c.head_dim, keys.data());
    page.values = in_panels(c.type, c.head_dim, kPageTokens, values.data());
    return page;
  }

  /// Attends over the keys [begin, keys) with at most `together` queries a call, extends the result
  /// over `chunk` pages and joins the chunks.
  std::vector<float> attend(const Case& c, int together, int chunk = 1, int begin = 0) {
    return attend(kernels(), c, together, chunk, begin);
  }
  static std::vector<float> attend(const KernelTable& kernels, const Case& c, int together,
                                   int chunk, int begin) {
    const int pages = (c.keys + kPageTokens - 1) / kPageTokens;
    const int stride = part_width(c.head_dim) + 2;
    const std::size_t row = c.q.stored.size() / static_cast<std::size_t>(c.queries);
    std::vector<std::uint8_t> queries(static_cast<std::size_t>(c.queries) * (row + 3));
    for (std::size_t i = 0; i < static_cast<std::size_t>(c.queries); ++i)
      std::memcpy(&queries[i * (row + 3)], &c.q.stored[i * row], row);  // zeros behind each
    std::vector<float> parts(static_cast<std::size_t>(pages * c.queries * stride));
    const auto part = [&](int page, int query) {
      return &parts[static_cast<std::size_t>((page / chunk * c.queries + query) * stride)];
    };
    for (int index = begin / kPageTokens; index < pages; ++index) {
      const Page page = page_of(c, index * kPageTokens);
      for (int first = 0; first < c.queries; first += together) {
        std::vector<const void*> query;
        std::vector<const RowScale*> scale;
        std::vector<float*> outs;
        for (int i = first; i < std::min(first + together, c.queries); ++i) {
          query.push_back(&queries[static_cast<std::size_t>(i) * (row + 3)]);
          if (c.type == DType::kI8) scale.push_back(&c.q.scales[static_cast<std::size_t>(i)]);
          outs.push_back(part(index, i));
        }
        AttendArgs args;
        args.keys = page.keys.data();
        args.values = page.values.data();
        args.key_scale = page.key_scale.data();
        args.value_scale = page.value_scale.data();
        args.head_dim = c.head_dim;
        args.begin = std::max(begin - index * kPageTokens, 0);
        args.end = std::min(kPageTokens, c.keys - index * kPageTokens);
        args.queries = static_cast<int>(query.size());
        args.query = query.data();
        args.query_scale = scale.data();
        args.out = outs.data();
        args.extend = index % chunk > 0 && index > begin / kPageTokens;
        kernels.attend(c.type)(args);
      }
    }
    std::vector<float> out(c.q.values.size());
    for (int i = 0; i < c.queries; ++i) {
      std::vector<const float*> of_query;
      for (int page = begin / kPageTokens / chunk; page * chunk < pages; ++page)
        of_query.push_back(part(page * chunk, i));
      kernels.merge(of_query.data(), static_cast<std::int64_t>(of_query.size()), c.head_dim,
                    &out[static_cast<std::size_t>(i * c.head_dim)]);
    }
    return out;
  }

  static std::vector<double> exact(const Case& c, std::size_t begin) {
    std::vector<double> out(c.q.values.size());
    const auto dim = static_cast<std::size_t>(c.head_dim);
    for (std::size_t i = 0; i < static_cast<std::size_t>(c.queries); ++i) {
      std::vector<double> weights(begin);
      double total = 0;
      for (std::size_t j = begin; j < static_cast<std::size_t>(c.keys); ++j) {
        double score = 0;
        for (std::size_t d = 0; d < dim; ++d)
          score += double{c.q.values[i * dim + d]} * double{c.k.values[j * dim + d]};
        weights.push_back(std::exp(score));
        total += weights.back();
      }
      for (std::size_t j = begin; j < weights.size(); ++j)
        for (std::size_t d = 0; d < dim; ++d)
          out[i * dim + d] += weights[j] / total * double{c.v.values[j * dim + d]};
    }
    return out;
  }
};

TEST_P(Attend, AgreesWithOneSoftmaxInDouble) {
  for (const DType type : kTypes)
    for (int repeat = 0; repeat < 40; ++repeat) {
      const Case c = random_case(type);
      const int begin = repeat % 2 == 0 ? 0 : between(0, c.keys - 1);
      const auto got = attend(c, c.queries, between(1, 3), begin);
      const auto expected = exact(c, static_cast<std::size_t>(begin));
      // Scores reach 100 here; their rounding, some 1e-5, is the relative error of the weights. In
      // int8, weights are rounded to 1/255 of the largest as well: half of that for each key whose
      // weight is not far below, and few are here.
      const double tolerance = type == DType::kI8 ? 1.5e-2 : 5e-5;
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(static_cast<double>(got[i]), expected[i], tolerance)
            << c.keys << " keys of " << c.head_dim;
    }
}

TEST_P(Attend, AQueryDoesNotDependOnItsCompany) {
  for (const DType type : kTypes)
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Case c = random_case(type);
      const auto together = attend(c, c.queries, 2);
      ASSERT_EQ(together, attend(c, 1, 2));
      ASSERT_EQ(together, attend(c, 3, 2));
    }
}

TEST_P(Attend, WhatLiesBesideTheRangeHasNoInfluence) {
  for (const DType type : kTypes) {
    Case c = random_case(type);
    const auto before = attend(c, c.queries, 1, c.keys / 2);
    const auto dim = static_cast<std::size_t>(c.head_dim) * size_of(type);
    const auto other = random_rows(type, c.keys, c.head_dim, 1e4f);
    std::copy_n(other.stored.begin(), static_cast<std::size_t>(c.keys / 2) * dim,
                c.k.stored.begin());
    std::copy_n(other.stored.begin(), static_cast<std::size_t>(c.keys / 2) * dim,
                c.v.stored.begin());
    ASSERT_EQ(before, attend(c, c.queries, 1, c.keys / 2));
  }
}

/// int8: what the vectors of every set compute in integers, against the scalar kernels. Only the
/// exponentials and their sums differ, in the last digits, and then a weight now and then falls on
/// the other side of a rounding step.
TEST_P(Attend, Int8AgreesWithTheScalarKernels) {
  const auto tables = kernels_registry();
  for (int repeat = 0; repeat < 60; ++repeat) {
    const Case c = random_case(DType::kI8);
    const int begin = repeat % 2 == 0 ? 0 : between(0, c.keys - 1);
    const int chunk = between(1, 3), together = between(1, c.queries);
    const auto got = attend(c, together, chunk, begin);
    const auto expected = attend(*tables.front(), c, together, chunk, begin);
    int apart = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], expected[i], 4e-3f) << c.keys << " keys of " << c.head_dim;
      apart += std::abs(got[i] - expected[i]) > 2e-5f;
    }
    ASSERT_LE(apart, static_cast<int>(got.size()) / 4 + c.head_dim);
  }
}

/// The greatest sums that int8 can reach: 255 times 127 in every product.
TEST_P(Attend, Int8SumsDoNotOverflow) {
  Case c{DType::kI8, 64, kPageTokens, 1, {}, {}, {}};
  const auto rows = [](int count, std::int8_t value) {
    Rows out;
    out.values.assign(static_cast<std::size_t>(count) * 64, 1);
    out.stored.assign(out.values.size(), static_cast<std::uint8_t>(value));
    out.scales.assign(static_cast<std::size_t>(count), {1.0f / 127, 64 * value});
    return out;
  };
  for (const int sign : {1, -1}) {
    c.q = rows(1, 127);
    c.k = rows(kPageTokens, 127);
    c.v = rows(kPageTokens, static_cast<std::int8_t>(127 * sign));
    for (const float value : attend(c, 1)) ASSERT_FLOAT_EQ(value, static_cast<float>(sign));
  }
}

TEST_P(Attend, NoKeysGiveZeros) {
  std::vector<float> out(10, 1);
  kernels().merge(nullptr, 0, 10, out.data());
  EXPECT_EQ(out, std::vector<float>(10, 0));
}

TEST_P(Attend, ScoresFarApartDoNotOverflow) {
  Case c{DType::kF32, 2, 3, 1, {}, {}, {}};
  const auto rows = [](std::vector<float> values) {
    Rows out{values, std::vector<std::uint8_t>(4 * values.size()), {}};
    std::memcpy(out.stored.data(), values.data(), out.stored.size());
    return out;
  };
  c.q = rows({1, 0});
  c.k = rows({-3e4f, 0, 3e4f, 0, 0, 0});
  c.v = rows({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(attend(c, 1), (std::vector<float>{3, 4}));
}

SAGE_FOR_ALL_KERNELS(Attend);

}  // namespace
}  // namespace sage::test
