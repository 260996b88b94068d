#include "bench_runner.h"

#include <chrono>

#include "base/random.h"
#include "model_choice.h"
#include "tokens/tokenizer.h"

namespace sage::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

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

Result<BenchRunner> BenchRunner::create(std::shared_ptr<const Engine> engine, int context,
                                        int tokens, int threads) {
  if (context + tokens > engine->context())
    return fail(ErrorCode::kInvalidArgument,
                "the model's context of " + std::to_string(engine->context()) +
                    " tokens is too short for " + std::to_string(context) + " and " +
                    std::to_string(tokens) + " more; give a smaller --context");
  return BenchRunner(std::move(engine), context, tokens, threads);
}

BenchRunner::BenchRunner(std::shared_ptr<const Engine> engine, int context, int tokens, int threads)
    : engine_(std::move(engine)),
      context_(context),
      tokens_(tokens),
      ids_(static_cast<std::size_t>((context + tokens) * engine_->model().config().fields)),
      logits_(static_cast<std::size_t>(engine_->model().config().vocab_size)),
      cache_(engine_->model().config(), {.type = engine_->cache_type()}),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = threads})) {
  Random random(2);
  for (TokenId& id : ids_)
    id = static_cast<TokenId>(random.below(static_cast<std::uint32_t>(logits_.size())));
}

double BenchRunner::prefill() {
  cache_.truncate(0);
  const auto start = Clock::now();
  engine_->model().forward(steps(0, context_), cache_, *workspace_);
  return context_ / seconds_since(start);
}

double BenchRunner::decode() {
  cache_.truncate(context_);
  const RowRange everything = {0, static_cast<std::int32_t>(logits_.size())};
  const auto start = Clock::now();
  for (int i = 0; i < tokens_; ++i) {
    const auto step = steps(context_ + i, 1);
    engine_->model().forward(step, cache_, *workspace_);
    for (std::size_t field = 0; field < step.size(); ++field)
      engine_->model().field_logits(*workspace_, static_cast<int>(field), step.first(field),
                                    {&everything, 1}, logits_);
  }
  return tokens_ / seconds_since(start);
}

}  // namespace sage::cli
