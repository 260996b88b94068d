#include "eval/bench_runner.h"

#include "base/random.h"
#include "base/stopwatch.h"

namespace sage {
namespace {}  // namespace

Result<BenchRunner> BenchRunner::create(std::shared_ptr<const Model> model,
                                        const Options& options) {
  if (options.context + options.tokens > model->config().context)
    return fail(ErrorCode::kInvalidArgument,
                "the model's context of " + std::to_string(model->config().context) +
                    " tokens is too short for " + std::to_string(options.context) + " and " +
                    std::to_string(options.tokens) + " more; give a smaller --context");
  if (options.batch > 1 && model->output().compound)
    return fail(ErrorCode::kUnsupported, "models whose steps have several fields are timed alone");
  return BenchRunner(std::move(model), options);
}

BenchRunner::BenchRunner(std::shared_ptr<const Model> model, const Options& options)
    : model_(std::move(model)),
      options_(options),
      ids_(static_cast<std::size_t>((options.context + options.tokens) * model_->config().fields)),
      logits_(static_cast<std::size_t>(model_->config().vocab_size)),
      workspace_(std::make_unique<Workspace>(model_->config(),
                                             WorkspaceOptions{.threads = options.threads})) {
  for (int i = 0; i < options.batch; ++i)
    caches_.emplace_back(model_->config(), KvCacheOptions{.type = options.cache});
  Random random(2);
  for (std::int32_t& id : ids_)
    id = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(logits_.size())));
}

double BenchRunner::prefill() {
  KvCache& cache = caches_.front();
  cache.truncate(0);
  const auto start = Stopwatch::now();
  model_->forward(steps(0, options_.context), cache, *workspace_);
  const double rate = options_.context / seconds_since(start);
  for (std::size_t i = 1; i < caches_.size(); ++i) caches_[i] = cache.fork();
  return rate;
}

double BenchRunner::decode() {
  for (KvCache& cache : caches_) cache.truncate(options_.context);
  const auto start = Stopwatch::now();
  for (int i = 0; i < options_.tokens; ++i) {
    const auto step = steps(options_.context + i, 1);
    if (caches_.size() == 1)
      decode_alone(step);
    else
      decode_together(step);
  }
  return options_.tokens * options_.batch / seconds_since(start);
}

void BenchRunner::decode_alone(std::span<const std::int32_t> step) {
  const RowRange everything = {0, static_cast<std::int32_t>(logits_.size())};
  model_->forward(step, caches_.front(), *workspace_);
  for (std::size_t field = 0; field < step.size(); ++field)
    model_->field_logits(*workspace_, static_cast<int>(field), step.first(field), {&everything, 1},
                         logits_);
}

void BenchRunner::decode_together(std::span<const std::int32_t> step) {
  const Model& model = *model_;
  std::vector<std::int32_t> ids(caches_.size(), step.front());
  std::vector<KvCache*> caches;
  for (KvCache& cache : caches_) caches.push_back(&cache);
  model.forward_batch(ids, caches, *workspace_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    model.select(*workspace_, static_cast<int>(i));
    model.logits(*workspace_, logits_);
  }
}

}  // namespace sage
