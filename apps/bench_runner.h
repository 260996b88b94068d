// One model under the stopwatch: prefills a context, then decodes behind it, again and again, in
// one sequence or in several at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"

namespace sage::cli {

struct RandomModel {
  std::string shape = "small";
  std::string attention = "as-kvhs";
  int kv_heads = 0;  // 0: the member's usual number
  std::string type = "f32";
  std::string cache;   // empty: like the weights
  int context = 1024;  // tokens that it must hold
};

/// Random weights over the default vocabulary; speed does not depend on their values.
Result<std::shared_ptr<const Engine>> random_engine(const RandomModel& model);

class BenchRunner {
 public:
  struct Options {
    int context = 1024;  // tokens in each cache
    int tokens = 64;     // of one run
    int threads = 1;
    int batch = 1;  // sequences that go on together
  };

  /// Decodes `tokens` tokens behind `context` of them. Refuses a model whose context is too short.
  static Result<BenchRunner> create(std::shared_ptr<const Engine> engine, const Options& options);

  // A token is a step of all its fields here.

  /// Tokens a second of reading the whole context into an empty cache.
  double prefill();
  /// Tokens a second of decoding behind the context, of all sequences together, with the logits of
  /// the whole vocabulary each time. Call after prefill(); may be called again.
  double decode();

  const Engine& engine() const { return *engine_; }
  const KvCache& cache() const { return caches_.front(); }
  std::size_t kv_bytes_per_token() const { return cache().bytes_per_token(); }
  /// What a token of every sequence must read at least: one bank of every weight, and each
  /// context's keys and values.
  std::size_t bytes_read_once() const {
    return engine_->model().packed().bytes_a_token() +
           caches_.size() * static_cast<std::size_t>(options_.context) * kv_bytes_per_token();
  }

 private:
  BenchRunner(std::shared_ptr<const Engine> engine, const Options& options);
  void decode_alone(std::span<const TokenId> step);
  void decode_together(std::span<const TokenId> step);

  std::span<const TokenId> steps(int first, int count) const {
    const int fields = engine_->model().config().fields;
    return std::span(ids_).subspan(static_cast<std::size_t>(first * fields),
                                   static_cast<std::size_t>(count * fields));
  }

  std::shared_ptr<const Engine> engine_;
  Options options_;
  std::vector<TokenId> ids_;
  std::vector<float> logits_;
  std::vector<KvCache> caches_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace sage::cli
