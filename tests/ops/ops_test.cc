// The fused loops against libtorch's own operations: results and gradients.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "ops/torch_ops.h"

namespace sage {
namespace {

using torch::Tensor;
using Inputs = std::vector<Tensor>;
using Operation = std::function<Tensor(const Inputs&)>;

/// Runs both with gradients and compares everything, relative to the largest element.
void expect_same(const Operation& fused, const Operation& composed, const Inputs& inputs,
                 double bound) {
  std::vector<Tensor> results[2];
  for (int i = 0; i < 2; ++i) {
    Inputs leaves;
    for (const Tensor& input : inputs)
      leaves.push_back(input.detach().clone().requires_grad_(true));
    const Tensor out = (i == 0 ? fused : composed)(leaves);
    torch::manual_seed(7);
    out.backward(torch::randn(out.sizes()).to(out.scalar_type()));
    results[i].push_back(out.detach());
    for (const Tensor& leaf : leaves) results[i].push_back(leaf.grad());
  }
  for (std::size_t i = 0; i < results[0].size(); ++i) {
    const Tensor a = results[0][i].to(torch::kFloat32), b = results[1][i].to(torch::kFloat32);
    const double scale = b.abs().max().item<double>();
    EXPECT_LT((a - b).abs().max().item<double>(), bound * (scale + 1e-6)) << "result " << i;
  }
}

struct Precision {
  torch::ScalarType type;
  double bound;
};

class Ops : public testing::TestWithParam<Precision> {
 protected:
  Tensor random(std::vector<std::int64_t> sizes) { return torch::randn(sizes).to(GetParam().type); }
  void SetUp() override { torch::manual_seed(1); }
};

TEST_P(Ops, RmsNorm) {
  const auto run = [](auto op) {
    return [op](const Inputs& in) { return op(in[0], in[1], 1e-5, GetParam().type); };
  };
  expect_same(run(ops::rms_norm), run(ops::composed::rms_norm),
              {torch::randn({37, 51}), torch::rand({51})}, GetParam().bound);
}

TEST_P(Ops, AddRmsNorm) {
  // Both results count: the norm, and the sum that continues.
  const auto run = [](auto op) {
    return [op](const Inputs& in) {
      const ops::Normed normed = op(in[0], in[1], in[2], 1e-5, GetParam().type);
      return torch::cat({normed.out.to(torch::kFloat32), 2 * normed.sum});
    };
  };
  expect_same(run(ops::add_rms_norm), run(ops::composed::add_rms_norm),
              {torch::randn({37, 51}), random({37, 51}), torch::rand({51})}, GetParam().bound);
}

TEST_P(Ops, AddRmsNormWhoseSumNobodyUses) {
  const auto run = [](auto op) {
    return [op](const Inputs& in) { return op(in[0], in[1], in[2], 1e-5, GetParam().type).out; };
  };
  expect_same(run(ops::add_rms_norm), run(ops::composed::add_rms_norm),
              {torch::randn({37, 51}), random({37, 51}), torch::rand({51})}, GetParam().bound);
}

TEST_P(Ops, AddRmsNormOfWhichTheSumAloneIsUsed) {
  const Tensor weight = torch::rand({51});
  expect_same(
      [&](const Inputs& in) {
        return ops::add_rms_norm(in[0], in[1], weight, 1e-5, GetParam().type).sum;
      },
      [](const Inputs& in) { return in[0] + in[1]; }, {torch::randn({37, 51}), random({37, 51})},
      GetParam().bound);
}

TEST_P(Ops, Linear) {
  for (const auto& [rows, in, out] :
       {std::array<std::int64_t, 3>{1, 1, 1}, {37, 51, 70}, {300, 64, 32}, {700, 40, 500}})
    expect_same([](const Inputs& x) { return ops::linear(x[0], x[1]); },
                [](const Inputs& x) { return ops::composed::linear(x[0], x[1], nullptr); },
                {random({rows, in}), torch::randn({out, in})}, GetParam().bound);
}

TEST_P(Ops, LinearWithBanks) {
  constexpr std::int64_t kRows = 1'500, kBanks = 5;  // enough for two blocks of tokens a bank
  Tensor bank = torch::randint(kBanks, {kRows}, torch::kInt64);
  bank.masked_fill_((bank == 2).logical_or(bank == kBanks - 1), 1);  // banks that nobody asks for
  const ops::Banks banks = ops::banks_of(bank, kBanks);
  expect_same([&](const Inputs& x) { return ops::linear(x[0], x[1], &banks); },
              [&](const Inputs& x) { return ops::composed::linear(x[0], x[1], &banks); },
              {random({kRows, 51}), torch::randn({kBanks, 70, 51})}, GetParam().bound);
  // Row by row, so that the comparison does not rest on the order of the banks alone.
  const Tensor x = random({kRows, 51}), weight = torch::randn({kBanks, 70, 51});
  const Tensor y = ops::linear(x, weight, &banks).to(torch::kFloat32);
  for (const std::int64_t row : {std::int64_t{0}, std::int64_t{123}, kRows - 1}) {
    const Tensor expected =
        torch::matmul(weight[bank[row].item<std::int64_t>()], x[row].to(torch::kFloat32));
    EXPECT_LT((y[row] - expected).abs().max().item<double>(),
              2 * GetParam().bound * expected.abs().max().item<double>());
  }
}

TEST_P(Ops, SwiGlu) {
  expect_same([](const Inputs& in) { return ops::swiglu(in[0]); },
              [](const Inputs& in) { return ops::composed::swiglu(in[0]); },
              {random({37, 102}) * 3}, GetParam().bound);
}

TEST_P(Ops, Rope) {
  const Tensor angles = torch::outer(torch::arange(30, torch::kFloat32), torch::rand({5}));
  const Tensor cosine = angles.cos(), sine = angles.sin();
  expect_same([&](const Inputs& in) { return ops::rope(in[0], cosine, sine); },
              [&](const Inputs& in) { return ops::composed::rope(in[0], cosine, sine); },
              {random({2, 30, 3, 10})}, GetParam().bound);
}

TEST_P(Ops, CausalAttention) {
  for (const std::int64_t time : {1, 100, 128, 300}) {
    expect_same(
        [](const Inputs& in) { return ops::causal_attention(in[0], in[1], in[2]); },
        [](const Inputs& in) { return ops::composed::causal_attention(in[0], in[1], in[2]); },
        {random({2, time, 3, 10}), random({2, time, 10}), random({2, time, 10})},
        2 * GetParam().bound);
  }
  for (const std::int64_t heads : {1, 8})  // wider heads, more blocks of queries than one
    expect_same(
        [](const Inputs& in) { return ops::causal_attention(in[0], in[1], in[2]); },
        [](const Inputs& in) { return ops::composed::causal_attention(in[0], in[1], in[2]); },
        {random({2, 333, heads, 64}), random({2, 333, 64}), random({2, 333, 64})},
        2 * GetParam().bound);
}

TEST_P(Ops, CrossEntropy) {
  const Tensor targets = torch::randint(61, {40}, torch::kInt64);
  targets.slice(0, 7, 12).fill_(ops::kIgnored);
  expect_same([&](const Inputs& in) { return ops::cross_entropy_sum(in[0] * 1, targets); },
              [&](const Inputs& in) { return ops::composed::cross_entropy_sum(in[0], targets); },
              {random({40, 61}) * 4}, GetParam().bound);
}

INSTANTIATE_TEST_SUITE_P(Types, Ops,
                         testing::Values(Precision{torch::kFloat32, 1e-5},
                                         Precision{torch::kBFloat16, 2e-2}),
                         [](const auto& test) {
                           return test.param.type == torch::kFloat32 ? "f32" : "bf16";
                         });

TEST(OpsTest, MaskedQueryThatSeesNothingGivesZero) {
  const Tensor q = torch::randn({1, 4, 2, 6}), k = torch::randn({1, 4, 6});
  Tensor visible = torch::ones({1, 4, 4}, torch::kBool).tril();
  visible.select(1, 0).fill_(false);
  const Tensor out = ops::composed::masked_attention(q, k, k, visible);
  EXPECT_EQ(out.select(1, 0).abs().max().item<float>(), 0.0f);
  EXPECT_GT(out.select(1, 1).abs().max().item<float>(), 0.0f);
}

}  // namespace
}  // namespace sage
