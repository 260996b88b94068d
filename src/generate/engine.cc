#include "generate/engine.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace sage {
namespace {

constexpr int kShortestContext = 16;  // room for a note or two behind a header

/// A loaded model with the tokenizer that its metadata hold.
Result<std::shared_ptr<const Engine>> from_weights(std::shared_ptr<const Weights> weights,
                                                   std::optional<WeightType> type,
                                                   std::optional<DType> cache) {
  auto config = tokenizer_config_of(*weights);
  if (!config) return tl::unexpected(config.error());
  auto tokenizer = Tokenizer::create(*config);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  if (type && *type != weights->type()) weights = weights->convert(*type);
  return Engine::create(*std::move(tokenizer), std::move(weights), cache);
}

}  // namespace

Engine::Engine(Tokenizer tokenizer, std::shared_ptr<const Weights> weights,
               std::optional<DType> cache)
    : tokenizer_(std::move(tokenizer)),
      weights_(std::move(weights)),
      model_(weights_),
      cache_type_(cache.value_or(cache_type_for(weights_->type()))) {}

int Engine::context() const { return std::min(model_.config().context, model_.config().window); }

Result<std::shared_ptr<const Engine>> Engine::create(Tokenizer tokenizer,
                                                     std::shared_ptr<const Weights> weights,
                                                     std::optional<DType> cache) {
  const ModelConfig& config = weights->config();
  if (config.vocab_size != tokenizer.size())
    return fail(ErrorCode::kMismatch, "the model has " + std::to_string(config.vocab_size) +
                                          " tokens, its tokenizer " +
                                          std::to_string(tokenizer.size()));
  if (std::min(config.context, config.window) < kShortestContext)
    return fail(ErrorCode::kUnsupported, "the model's context is shorter than " +
                                             std::to_string(kShortestContext) + " tokens");
  if (cache == DType::kI4)
    return fail(ErrorCode::kUnsupported,
                "a K/V cache cannot hold int4; choose f32, bf16 or int8 for the cache");
  if (config.token_attributes != tokenizer.attributes())
    return fail(ErrorCode::kMismatch, "model and tokenizer disagree on the attributes of tokens");
  if (config.fields > 1 && (config.fields != tokenizer.stride() || tokenizer.has_merges()))
    return fail(ErrorCode::kMismatch, "the model writes steps of " + std::to_string(config.fields) +
                                          " fields, its tokenizer steps of " +
                                          std::to_string(tokenizer.stride()) +
                                          (tokenizer.has_merges() ? ", merged" : ""));
  return std::shared_ptr<const Engine>(new Engine(std::move(tokenizer), std::move(weights), cache));
}

Result<std::shared_ptr<const Engine>> Engine::open(const std::filesystem::path& path,
                                                   std::optional<WeightType> type,
                                                   std::optional<DType> cache) {
  auto weights = Weights::load(path);
  if (!weights) return tl::unexpected(weights.error());
  auto engine = from_weights(*std::move(weights), type, cache);
  if (!engine) return fail(path.string(), engine.error());
  return engine;
}

Result<std::shared_ptr<const Engine>> Engine::open(std::span<const std::uint8_t> bytes,
                                                   std::optional<WeightType> type,
                                                   std::optional<DType> cache) {
  auto weights = Weights::load(bytes);
  if (!weights) return tl::unexpected(weights.error());
  return from_weights(*std::move(weights), type, cache);
}

Result<TokenizerConfig> tokenizer_config_of(const Weights& weights) {
  const auto text = weights.metadata().find(std::string(kTokenizerKey));
  if (text == weights.metadata().end())
    return fail(ErrorCode::kMalformed, "the model names no tokenizer");
  const auto json = nlohmann::json::parse(text->second, nullptr, false);
  if (json.is_discarded())
    return fail(ErrorCode::kMalformed, "the model's tokenizer is not valid JSON");
  return tokenizer_config_from_json(json);
}

void describe_vocabulary(const Tokenizer& tokenizer, ModelConfig& config) {
  config.vocab_size = tokenizer.size();
  config.attributes = kAttributeCount;
  config.token_attributes = tokenizer.attributes();
  const auto output = make_output(config.output);
  config.fields = output && output->compound ? tokenizer.stride() : 1;
}

}  // namespace sage
