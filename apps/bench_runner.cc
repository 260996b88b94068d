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

Result<BenchRunner> BenchRunner::create(std::shared_ptr<const Engine> engine,
                                        const Options& options) {
  if (options.context + options.tokens > engine->context())
    return fail(ErrorCode::kInvalidArgument,
                "the model's context of " + std::to_string(engine->context()) +
                    " tokens is too short for " + std::to_string(options.context) + " and " +
                    std::to_string(options.tokens) + " more; give a smaller --context");
  if (options.batch > 1 && engine->model().output().compound)
    return fail(ErrorCode::kUnsupported, "models whose steps have several fields are timed alone");
  return BenchRunner(std::move(engine), options);
}

BenchRunner::BenchRunner(std::shared_ptr<const Engine> engine, const Options& options)
    : engine_(std::move(engine)),
      options_(options),
      ids_(static_cast<std::size_t>((options.context + options.tokens) *
                                    engine_->model().config().fields)),
      logits_(static_cast<std::size_t>(engine_->model().config().vocab_size)),
      workspace_(std::make_unique<Workspace>(engine_->model().config(),
                                             WorkspaceOptions{.threads = options.threads})) {
  for (int i = 0; i < options.batch; ++i)
    caches_.emplace_back(engine_->model().config(), KvCacheOptions{.type = engine_->cache_type()});
  Random random(2);
  for (TokenId& id : ids_)
    id = static_cast<TokenId>(random.below(static_cast<std::uint32_t>(logits_.size())));
}

double BenchRunner::prefill() {
  KvCache& cache = caches_.front();
  cache.truncate(0);
  const auto start = Clock::now();
  engine_->model().forward(steps(0, options_.context), cache, *workspace_);
  const double rate = options_.context / seconds_since(start);
  for (std::size_t i = 1; i < caches_.size(); ++i) caches_[i] = cache.clone();
  return rate;
}

double BenchRunner::decode() {
  for (KvCache& cache : caches_) cache.truncate(options_.context);
  const auto start = Clock::now();
  for (int i = 0; i < options_.tokens; ++i) {
    const auto step = steps(options_.context + i, 1);
    if (caches_.size() == 1)
      decode_alone(step);
    else
      decode_together(step);
  }
  return options_.tokens * options_.batch / seconds_since(start);
}

void BenchRunner::decode_alone(std::span<const TokenId> step) {
  const RowRange everything = {0, static_cast<std::int32_t>(logits_.size())};
  engine_->model().forward(step, caches_.front(), *workspace_);
  for (std::size_t field = 0; field < step.size(); ++field)
    engine_->model().field_logits(*workspace_, static_cast<int>(field), step.first(field),
                                  {&everything, 1}, logits_);
}

void BenchRunner::decode_together(std::span<const TokenId> step) {
  const Model& model = engine_->model();
  std::vector<TokenId> ids(caches_.size(), step.front());
  std::vector<KvCache*> caches;
  for (KvCache& cache : caches_) caches.push_back(&cache);
  model.forward_batch(ids, caches, *workspace_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    model.select(*workspace_, static_cast<int>(i));
    model.logits(*workspace_, logits_);
  }
}

}  // namespace sage::cli
