// What an engine refuses at the door.
#include "generate/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>

#include "base/file.h"
#include "small_engine.h"

namespace sage {
namespace {

TEST(Engine, RefusesACacheOfInt4) {
  auto tokenizer = Tokenizer::create({}).value();
  ModelConfig config = shape_config("tiny").value();
  describe_vocabulary(tokenizer, config);
  const auto engine_with = [&](DType cache) {
    auto weights = Weights::random(config, WeightType::kF32, 1).value();
    return Engine::create(tokenizer, std::move(weights), cache);
  };
  const auto refused = engine_with(DType::kI4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("f32, bf16 or int8"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(engine_with(DType::kI8));
}

TEST(Engine, OpensTheBytesOfAFileLikeTheFile) {
  const std::string path = "models/small.safetensors";
  const auto bytes = read_file(path).value();
  const auto from_file = Engine::open(path).value();
  const auto from_bytes = Engine::open(std::span(bytes)).value();
  EXPECT_EQ(from_bytes->weights().hash(), from_file->weights().hash());
  EXPECT_EQ(from_bytes->tokenizer().config(), from_file->tokenizer().config());
  ASSERT_EQ(from_bytes->weights().tensors().size(), from_file->weights().tensors().size());
  for (std::size_t i = 0; i < from_file->weights().tensors().size(); ++i)
    EXPECT_TRUE(std::ranges::equal(from_bytes->weights().tensors()[i].bytes,
                                   from_file->weights().tensors()[i].bytes));
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, bytes.size() - 1})
    EXPECT_FALSE(Engine::open(std::span(bytes).first(size))) << size;
}

}  // namespace
}  // namespace sage
