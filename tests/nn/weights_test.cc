// Model files: there and back in every type, and refusal of those that are not whole.
#include "nn/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "models.h"

namespace sage::test {
namespace {

class WeightsFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            (std::string("sage_weights_") +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    config_ = small_config();
    config_.layers = 1;
    config_.d_model = 8;
    config_.d_ff = 5;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static bool same(const Weights& a, const Weights& b) {
    if (a.tensors().size() != b.tensors().size()) return false;
    for (const TensorView& x : a.tensors()) {
      bool found = false;
      for (const TensorView& y : b.tensors())
        found |= x.name == y.name && x.shape == y.shape && x.dtype == y.dtype &&
                 std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end());
      if (!found) return false;
    }
    return true;
  }

  std::filesystem::path path_;
  ModelConfig config_;
};

TEST_F(WeightsFile, ReadsWhatItWroteInEveryType) {
  for (const WeightType type :
       {WeightType::kF32, WeightType::kBf16, WeightType::kI8, WeightType::kI4}) {
    const auto weights = random_weights(config_, type);
    ASSERT_TRUE(weights->save(path_));
    const auto loaded = Weights::load(path_);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ((*loaded)->config(), config_);
    EXPECT_EQ((*loaded)->type(), type);
    EXPECT_EQ((*loaded)->bytes(), weights->bytes());
    EXPECT_EQ((*loaded)->hash().size(), 32u);
    EXPECT_TRUE(same(*weights, **loaded));
    const auto ids = random_ids(config_, 10);
    EXPECT_EQ(prefill(Model(weights), ids), prefill(Model(*loaded), ids));
    EXPECT_EQ(weight_type_from_string(to_string(type)).value(), type);
  }
  EXPECT_FALSE(weight_type_from_string("int5"));
}

TEST_F(WeightsFile, ConvertsLikeItIsMade) {
  const auto exact = random_weights(config_);
  for (const WeightType type : {WeightType::kF32, WeightType::kBf16, WeightType::kI8}) {
    const auto converted = exact->convert(type);
    EXPECT_TRUE(same(*converted, *random_weights(config_, type)));
    EXPECT_TRUE(same(*converted, *converted->convert(WeightType::kF32)->convert(type)));
  }
}

TEST_F(WeightsFile, RefusesEveryTruncationAndEveryChangedByte) {
  ASSERT_TRUE(random_weights(config_, WeightType::kBf16)->save(path_));
  const auto bytes = read_file(path_).value();
  Random random(1);
  for (std::size_t i = 0; i < bytes.size(); i += 1 + random.below(15)) {
    auto changed = bytes;
    changed[i] ^= static_cast<std::uint8_t>(1 + random.below(255));
    ASSERT_TRUE(write_file(path_, changed));
    ASSERT_FALSE(Weights::load(path_)) << "byte " << i << " changed";
    ASSERT_TRUE(write_file(path_, std::span(bytes).first(i)));
    ASSERT_FALSE(Weights::load(path_)) << "cut to " << i;
  }
}

TEST_F(WeightsFile, RefusesMissingOrWrongMetadataInOneLine) {
  const auto weights = random_weights(config_);
  ASSERT_TRUE(weights->save(path_));
  const auto good = (*Weights::load(path_))->metadata();
  const auto refused = [&](const Metadata& metadata, std::string_view word) {
    EXPECT_TRUE(write_safetensors(path_, metadata, weights->tensors()));
    const auto loaded = Weights::load(path_);
    ASSERT_FALSE(loaded) << word;
    EXPECT_NE(loaded.error().message.find(word), std::string::npos) << loaded.error().message;
    EXPECT_EQ(loaded.error().message.find('\n'), std::string::npos);
  };
  for (const std::string_view key :
       {kFormatKey, kModelKey, kTokenizerKey, kLicenceKey, kDataKey, kTrainingKey}) {
    auto metadata = good;
    metadata.erase(std::string(key));
    refused(metadata, key);
  }
  auto metadata = good;
  metadata[std::string(kFormatKey)] = "2";
  refused(metadata, "format '2'");
  metadata = good;
  metadata[std::string(kModelKey)] = "{\"layers\": ";
  refused(metadata, "model config");
}

TEST_F(WeightsFile, RefusesTensorsThatTheConfigDoesNotCallFor) {
  const auto weights = random_weights(config_);
  const std::vector<TensorView> good(weights->tensors().begin(), weights->tensors().end());
  const auto refused = [&](const std::vector<TensorView>& tensors) {
    // Both when it is written and when somebody else wrote it.
    EXPECT_FALSE(save_weights(path_, config_, weights->metadata(), tensors));
    Metadata metadata = weights->metadata();
    metadata[std::string(kFormatKey)] = "1";
    metadata[std::string(kModelKey)] = to_json(config_).dump();
    EXPECT_TRUE(write_safetensors(path_, metadata, tensors));
    EXPECT_FALSE(Weights::load(path_));
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto tensors = good;
    tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i));
    refused(tensors);
    tensors = good;
    tensors[i].name += "x";
    refused(tensors);
    tensors = good;
    tensors[i].dtype = DType::kI8;
    tensors[i].shape.back() *= 4;
    refused(tensors);
  }
  auto tensors = good;
  tensors.push_back({"more", DType::kF32, {0}, {}});
  refused(tensors);
  EXPECT_TRUE(save_weights(path_, config_, weights->metadata(), good));
}

/// As a training that went astray would leave them: one element is enough.
TEST_F(WeightsFile, RefusesNumbersThatAreNotFinite) {
  for (const WeightType type : {WeightType::kF32, WeightType::kBf16, WeightType::kI8}) {
    const auto weights = random_weights(config_)->convert(type);
    const std::vector<TensorView> good(weights->tensors().begin(), weights->tensors().end());
    Metadata metadata = weights->metadata();
    metadata[std::string(kFormatKey)] = "1";
    metadata[std::string(kModelKey)] = to_json(config_).dump();
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (is_integer(good[i].dtype)) continue;
      for (const std::uint8_t sign_and_exponent : {0x7f, 0xff}) {
        auto tensors = good;
        std::vector<std::uint8_t> bytes(good[i].bytes.begin(), good[i].bytes.end());
        bytes.end()[-1] = sign_and_exponent;  // with the byte before: plus or minus infinity
        bytes.end()[-2] = 0x80;
        if (good[i].dtype == DType::kF32) bytes.end()[-3] = bytes.end()[-4] = 0;
        tensors[i].bytes = bytes;
        EXPECT_FALSE(save_weights(path_, config_, weights->metadata(), tensors)) << good[i].name;
        ASSERT_TRUE(write_safetensors(path_, metadata, tensors));
        const auto refused = Weights::load(path_);
        ASSERT_FALSE(refused) << good[i].name;
        EXPECT_NE(refused.error().message.find("not finite"), std::string::npos)
            << refused.error().message;
      }
    }
  }
}

// No tensor shows the window, so a file of a few hundred kilobytes could ask for gigabytes.
TEST_F(WeightsFile, RefusesAWindowThatItsWeightsDoNotJustify) {
  config_ = shape_config("tiny").value();
  config_.d_model = 128;
  config_.attention = "mha";
  config_.kv_heads = config_.heads;
  config_.vocab_size = 8;
  config_.token_attributes.assign(8, 0);
  config_.context = config_.window = 1 << 14;
  ASSERT_TRUE(random_weights(config_, WeightType::kI8)->save(path_));
  EXPECT_TRUE(Weights::load(path_));
  config_.window = 1 << 20;
  ASSERT_TRUE(random_weights(config_, WeightType::kI8)->save(path_));
  const auto refused = Weights::load(path_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("MiB"), std::string::npos) << refused.error().message;
}

TEST_F(WeightsFile, SaysWhichFileIsMissing) {
  const auto loaded = Weights::load("no/such/model.safetensors");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("no/such/model.safetensors"), std::string::npos);
}

TEST(Weights, ConvertingToTheirOwnTypeChangesNothing) {
  for (const WeightType type :
       {WeightType::kF32, WeightType::kBf16, WeightType::kI8, WeightType::kI4}) {
    const auto weights = random_weights(small_config(), type);
    const auto again = weights->convert(type);
    ASSERT_EQ(again->tensors().size(), weights->tensors().size());
    for (std::size_t i = 0; i < weights->tensors().size(); ++i)
      EXPECT_TRUE(std::ranges::equal(again->tensors()[i].bytes, weights->tensors()[i].bytes));
  }
}

// Files from before outputs had names are flat, and flat models are written as they were.
TEST(Weights, TheModelThatComesAlongIsFlatToTheByte) {
  const auto weights = Weights::load("models/first.safetensors");
  ASSERT_TRUE(weights) << weights.error().message;
  const ModelConfig& config = (*weights)->config();
  EXPECT_EQ(config.output, "flat");
  EXPECT_EQ(config.fields, 1);
  EXPECT_EQ(to_json(config).dump(), (*weights)->metadata().at(std::string(kModelKey)));
}

}  // namespace
}  // namespace sage::test
