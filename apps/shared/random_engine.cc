#include "apps/shared/random_engine.h"

#include "apps/shared/model_choice.h"
#include "tokens/tokenizer.h"

namespace sage::cli {

Result<std::shared_ptr<const Engine>> random_engine(const RandomModel& model) {
  auto tokenizer = Tokenizer::create({}).value();
  auto config = shape_config(model.shape);
  if (!config) return tl::unexpected(config.error());
  auto attention = make_attention(model.attention, config->heads, model.kv_heads, kAttributeCount);
  if (!attention) return tl::unexpected(attention.error());
  config->attention = model.attention;
  config->kv_heads = attention->kv_heads;
  config->context = config->window = model.context;
  describe_vocabulary(tokenizer, *config);
  auto weights = Weights::random(*config, weight_type_from_string(model.type).value(), 1);
  if (!weights) return tl::unexpected(weights.error());
  return Engine::create(std::move(tokenizer), *std::move(weights), type_of(model.cache));
}

}  // namespace sage::cli
