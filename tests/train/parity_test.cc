// The trainer's model and the engine are two programs for one formula.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "nn/model.h"
#include "nn/models.h"
#include "train/torch_model.h"

namespace sage {
namespace {

using test::small_config;

/// Weights as large as those of a trained model, so that attention is far from uniform.
void spread_weights(const TorchModel& model) {
  torch::NoGradGuard no_gradient;
  torch::manual_seed(3);
  for (const auto& parameter : model.parameters()) {
    torch::Tensor value = parameter.value;
    if (parameter.spec.matrix) {
      value.normal_(0.0, 1.0 / std::sqrt(static_cast<double>(value.size(-1))));
    } else {
      value.uniform_(0.5, 1.5);
    }
  }
}

std::shared_ptr<const Weights> through_a_file(const TorchModel& model) {
  std::vector<TensorView> views;
  for (const auto& parameter : model.parameters())
    views.push_back({parameter.spec.name,
                     DType::kF32,
                     parameter.spec.shape,
                     {static_cast<const std::uint8_t*>(parameter.value.data_ptr()),
                      static_cast<std::size_t>(parameter.value.numel()) * 4}});
  const auto path = std::filesystem::temp_directory_path() / "sage_parity_test.safetensors";
  const Metadata metadata = {{std::string(kTokenizerKey), "{}"},
                             {std::string(kLicenceKey), "none"},
                             {std::string(kDataKey), "{}"},
                             {std::string(kTrainingKey), "{}"}};
  const auto saved = save_weights(path, model.config(), metadata, views);
  EXPECT_TRUE(saved) << to_string(saved.error());
  auto loaded = Weights::load(path);
  EXPECT_TRUE(loaded) << to_string(loaded.error());
  std::filesystem::remove(path);
  return loaded.value_or(nullptr);
}

void expect_parity(const ModelConfig& config) {
  ASSERT_TRUE(validate(config));
  const TorchModel trained(config, 1);
  spread_weights(trained);
  const auto weights = through_a_file(trained);
  ASSERT_NE(weights, nullptr);

  const std::int64_t length = 200 * config.fields;  // more than one block of queries
  const auto ids = test::random_ids(config, static_cast<int>(length) + config.fields, 5);
  const auto read = std::span(ids).first(static_cast<std::size_t>(length));
  const auto next = std::span(ids).subspan(static_cast<std::size_t>(config.fields));
  torch::NoGradGuard no_gradient;
  const auto tensor_of = [](std::span<const std::int32_t> span) {
    return torch::tensor(std::vector<std::int32_t>(span.begin(), span.end()), torch::kInt64)
        .unsqueeze(0);
  };
  const torch::Tensor expected = trained.forward(tensor_of(read), {}, tensor_of(next));

  const Model engine(weights);
  KvCache cache(config);
  Workspace workspace(config, {});
  torch::Tensor logits = torch::empty_like(expected);
  engine.forward_all(read, cache, workspace,
                     {logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())}, next);
  const double difference = (logits - expected).abs().max().item<double>();
  EXPECT_GT(expected.abs().max().item<double>(), 0.5);
  EXPECT_LT(difference, 1e-4);
}

using Member = std::tuple<const AttentionFamily*, const OutputFamily*>;

class Parity : public testing::TestWithParam<Member> {};

TEST_P(Parity, EngineAndTrainerAgree) {
  const auto& [attention, output] = GetParam();
  expect_parity(test::small_output_config(*output, std::string(attention->name())));
}

INSTANTIATE_TEST_SUITE_P(
    Family, Parity,
    testing::Combine(testing::ValuesIn(attention_registry().begin(), attention_registry().end()),
                     testing::ValuesIn(output_registry().begin(), output_registry().end())),
    [](const auto& test) {
      std::string name(std::get<0>(test.param)->name());
      std::erase(name, '-');
      return name + "_" + std::string(std::get<1>(test.param)->name());
    });

TEST(ParityTest, WithFeedForwardBanks) {
  ModelConfig config = small_config("as-kvhs");
  config.ff_banks = true;
  expect_parity(config);
}

TEST(ParityTest, WithGeluAndAHeadOfItsOwn) {
  ModelConfig config = small_config("mqa");
  config.activation = Activation::kGelu;
  config.tied = false;
  expect_parity(config);
}

}  // namespace
}  // namespace sage
