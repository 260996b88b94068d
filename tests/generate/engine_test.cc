// What an engine refuses at the door.
#include "generate/engine.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sage
