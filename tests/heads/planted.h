// A model whose heads were made by hand, so that what a measurement must find is known.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "generate/engine.h"
#include "generate/small_engine.h"
#include "nn/tensor_spec.h"

namespace sage::test {

/// One layer of mha. The state of a token is its attribute, one-hot in the first six elements. A
/// head's keys say in one element, which rotary positions leave alone, how much the head likes
/// their attribute, and its queries are all alike: so head i attends to keys of `liked[i]`, or
/// evenly where that is -1.
inline std::shared_ptr<const Engine> planted_engine(const std::vector<int>& liked) {
  auto tokenizer = Tokenizer::create({}).value();
  const int heads = static_cast<int>(liked.size()), dim = 8;
  ModelConfig config;
  config.d_model = dim * heads;
  config.layers = 1;
  config.heads = config.kv_heads = heads;
  config.attention = "mha";
  config.d_ff = 16;
  config.context = config.window = 128;
  config.rope_theta = 1e9f;  // the last pair of a head turns by 1e-7 a position
  describe_vocabulary(tokenizer, config);

  const auto random = Weights::random(config, WeightType::kF32, 3).value();
  std::vector<TensorView> views(random->tensors().begin(), random->tensors().end());
  std::vector<std::vector<float>> data(views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    data[i].resize(views[i].bytes.size() / sizeof(float));
    std::memcpy(data[i].data(), views[i].bytes.data(), views[i].bytes.size());
    const auto columns = static_cast<std::size_t>(views[i].shape.back());
    const auto set = [&](std::size_t row, std::size_t column, float value) {
      data[i][row * columns + column] = value;
    };
    const bool is = views[i].name == "embed.weight" || views[i].name.ends_with("attn.q.weight") ||
                    views[i].name.ends_with("attn.k.weight");
    if (is) std::fill(data[i].begin(), data[i].end(), 0.0f);
    if (views[i].name.ends_with("norm.weight")) std::fill(data[i].begin(), data[i].end(), 1.0f);
    if (views[i].name == "embed.weight")
      for (std::size_t id = 0; id < config.token_attributes.size(); ++id)
        set(id, config.token_attributes[id], 1);
    for (std::size_t head = 0; head < liked.size(); ++head) {
      const std::size_t row = head * static_cast<std::size_t>(dim) + 3;
      if (views[i].name.ends_with("attn.q.weight"))
        for (std::size_t a = 0; a < kAttributeCount; ++a) set(row, a, 1);
      if (views[i].name.ends_with("attn.k.weight") && liked[head] >= 0)
        set(row, static_cast<std::size_t>(liked[head]), 4);
    }
    views[i].bytes = {reinterpret_cast<const std::uint8_t*>(data[i].data()), views[i].bytes.size()};
  }
  auto weights = Weights::copy_of(config, random->metadata(), views).value();
  return Engine::create(std::move(tokenizer), std::move(weights)).value();
}

}  // namespace sage::test
