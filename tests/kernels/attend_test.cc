// Attention over pages of keys, joined, against one softmax over all keys in double.
#include <algorithm>

#include "kernel_fixture.h"

namespace sage::test {
namespace {

class Attend : public KernelTest {
 protected:
  /// A K/V head with its queries; keys and values in the cache's type and as the values they have.
  struct Case {
    int head_dim, keys, queries;
    std::vector<float> q, k, v;
    std::vector<Bf16> k_narrow, v_narrow;
  };

  Case random_case(DType type) {
    Case c{2 * between(1, 45), between(1, 200), between(1, 9), {}, {}, {}, {}, {}};
    const auto row = static_cast<std::size_t>(c.head_dim);
    c.q = floats(static_cast<std::size_t>(c.queries) * row, 2);
    c.k = floats(static_cast<std::size_t>(c.keys) * row, 2);
    c.v = floats(static_cast<std::size_t>(c.keys) * row);
    if (type == DType::kF32) return c;
    for (auto [wide, narrow] : {std::pair(&c.k, &c.k_narrow), std::pair(&c.v, &c.v_narrow)}) {
      narrow->resize(wide->size());
      std::transform(wide->begin(), wide->end(), narrow->begin(), to_bf16);
      std::transform(narrow->begin(), narrow->end(), wide->begin(),
                     [](Bf16 x) { return to_float(x); });
    }
    return c;
  }

  /// Attends with at most `together` queries a call, and joins the pages.
  std::vector<float> attend(const Case& c, DType type, int together) {
    const int pages = (c.keys + kPageTokens - 1) / kPageTokens;
    const int stride = c.head_dim + 2;
    std::vector<float> parts(static_cast<std::size_t>(pages * c.queries * stride));
    const auto part = [&](int page, int query) {
      return &parts[static_cast<std::size_t>((page * c.queries + query) * stride)];
    };
    for (int page = 0; page < pages; ++page)
      for (int first = 0; first < c.queries; first += together) {
        std::vector<const float*> queries;
        std::vector<float*> outs;
        for (int i = first; i < std::min(first + together, c.queries); ++i) {
          queries.push_back(&c.q[static_cast<std::size_t>(i * c.head_dim)]);
          outs.push_back(part(page, i));
        }
        const auto at = static_cast<std::size_t>(page * kPageTokens * c.head_dim);
        AttendArgs args;
        args.keys = type == DType::kF32 ? static_cast<const void*>(&c.k[at]) : &c.k_narrow[at];
        args.values = type == DType::kF32 ? static_cast<const void*>(&c.v[at]) : &c.v_narrow[at];
        args.head_dim = c.head_dim;
        args.count = std::min(kPageTokens, c.keys - page * kPageTokens);
        args.queries = static_cast<int>(queries.size());
        args.query = queries.data();
        args.out = outs.data();
        kernels().attend(type)(args);
      }
    std::vector<float> out(c.q.size());
    for (int i = 0; i < c.queries; ++i) {
      std::vector<const float*> of_query;
      for (int page = 0; page < pages; ++page) of_query.push_back(part(page, i));
      kernels().merge(of_query.data(), pages, c.head_dim,
                      &out[static_cast<std::size_t>(i * c.head_dim)]);
    }
    return out;
  }

  static std::vector<double> exact(const Case& c) {
    std::vector<double> out(c.q.size());
    const auto dim = static_cast<std::size_t>(c.head_dim);
    for (std::size_t i = 0; i < static_cast<std::size_t>(c.queries); ++i) {
      std::vector<double> weights;
      double total = 0;
      for (std::size_t j = 0; j < static_cast<std::size_t>(c.keys); ++j) {
        double score = 0;
        for (std::size_t d = 0; d < dim; ++d)
          score += double{c.q[i * dim + d]} * double{c.k[j * dim + d]};
        weights.push_back(std::exp(score));
        total += weights.back();
      }
      for (std::size_t j = 0; j < weights.size(); ++j)
        for (std::size_t d = 0; d < dim; ++d)
          out[i * dim + d] += weights[j] / total * double{c.v[j * dim + d]};
    }
    return out;
  }
};

TEST_P(Attend, AgreesWithOneSoftmaxInDouble) {
  for (const DType type : {DType::kF32, DType::kBf16})
    for (int repeat = 0; repeat < 40; ++repeat) {
      const Case c = random_case(type);
      const auto got = attend(c, type, c.queries);
      const auto expected = exact(c);
      // Scores reach 100 here; their rounding, some 1e-5, is the relative error of the weights.
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(static_cast<double>(got[i]), expected[i], 5e-5)
            << c.keys << " keys of " << c.head_dim;
    }
}

TEST_P(Attend, AQueryDoesNotDependOnItsCompany) {
  for (const DType type : {DType::kF32, DType::kBf16})
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Case c = random_case(type);
      const auto together = attend(c, type, c.queries);
      ASSERT_EQ(together, attend(c, type, 1));
      ASSERT_EQ(together, attend(c, type, 3));
    }
}

TEST_P(Attend, NoKeysGiveZeros) {
  std::vector<float> out(10, 1);
  kernels().merge(nullptr, 0, 10, out.data());
  EXPECT_EQ(out, std::vector<float>(10, 0));
}

TEST_P(Attend, ScoresFarApartDoNotOverflow) {
  const std::vector<float> q = {1, 0}, k = {-3e4f, 0, 3e4f, 0, 0, 0}, v = {1, 2, 3, 4, 5, 6};
  std::vector<float> part(4), out(2);
  const float* const query = q.data();
  float* const part_data = part.data();
  kernels().attend_f32({k.data(), v.data(), 2, 3, 1, &query, &part_data});
  const float* const parts = part.data();
  kernels().merge(&parts, 1, 2, out.data());
  EXPECT_EQ(out, (std::vector<float>{3, 4}));
}

SAGE_FOR_ALL_KERNELS(Attend);

}  // namespace
}  // namespace sage::test
