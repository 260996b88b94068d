// The fused loops against libtorch's own operations: results and gradients.
#include <gtest/gtest.h>

#include <cmath>

#include "train/torch_ops.h"

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
