// One model under the stopwatch: prefills a context, then decodes behind it, again and again, in
// one sequence or in several at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/model.h"

namespace sage {

class BenchRunner {
 public:
  struct Options {
    int context = 1024;  // tokens in each cache
    int tokens = 64;     // of one run
    int threads = 1;
    int batch = 1;  // sequences that go on together
    DType cache = DType::kF32;
  };

  /// Decodes `tokens` tokens behind `context` of them. Refuses a model whose context is too short.
  static Result<BenchRunner> create(std::shared_ptr<const Model> model, const Options& options);

  // A token is a step of all its fields here.

  /// Tokens a second of reading the whole context into an empty cache.
  double prefill();
  /// Tokens a second of decoding behind the context, of all sequences together, with the logits of
  /// the whole vocabulary each time. Call after prefill(); may be called again.
  double decode();

  const Model& model() const { return *model_; }
  const KvCache& cache() const { return caches_.front(); }
  std::size_t kv_bytes_per_token() const { return cache().bytes_per_token(); }
  /// What a token of every sequence must read at least: one bank of every weight, and each
  /// context's keys and values.
  std::size_t bytes_read_once() const {
    return model_->packed().bytes_a_token() +
           caches_.size() * static_cast<std::size_t>(options_.context) * kv_bytes_per_token();
  }

 private:
  BenchRunner(std::shared_ptr<const Model> model, const Options& options);
  void decode_alone(std::span<const std::int32_t> step);
  void decode_together(std::span<const std::int32_t> step);

  std::span<const std::int32_t> steps(int first, int count) const {
    const int fields = model_->config().fields;
    return std::span(ids_).subspan(static_cast<std::size_t>(first * fields),
                                   static_cast<std::size_t>(count * fields));
  }

  std::shared_ptr<const Model> model_;
  Options options_;
  std::vector<std::int32_t> ids_;
  std::vector<float> logits_;
  std::vector<KvCache> caches_;
  std::unique_ptr<Workspace> workspace_;
};

}  // namespace sage
