// Small models with awkward shapes, and runs of them in the ways that must agree.
#pragma once

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "nn/model.h"

namespace sage::test {

/// Nothing here is a multiple of a vector's width.
inline ModelConfig small_config(const std::string& attention = "as-kvhs") {
  ModelConfig config;
  config.vocab_size = 61;
  config.d_model = 40;
  config.layers = 3;
  config.heads = 4;
  config.attention = attention;
  config.d_ff = 51;
  config.context = config.window = 512;
  config.sinks = 3;
  config.attributes = 5;
  config.kv_heads = make_attention(attention, config.heads, 0, config.attributes)->kv_heads;
  if (attention == "as-kvhs-merged") {  // every layer with other groups, and other numbers of them
    config.kv_groups = {{0, 1, 0, 1}, {0, 0, 0, 0}, {0, 1, 2, 1}};
    config.kv_heads = 3;
  }
  for (int id = 0; id < config.vocab_size; ++id)
    config.token_attributes.push_back(static_cast<std::uint8_t>(id * 7 % config.attributes));
  return config;
}

inline std::shared_ptr<const Weights> random_weights(const ModelConfig& config,
                                                     WeightType type = WeightType::kF32) {
  return Weights::random(config, type, 5).value();
}

inline std::vector<std::int32_t> random_ids(const ModelConfig& config, int count,
                                            std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < count; ++i)
    ids.push_back(
        static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(config.vocab_size))));
  return ids;
}

/// The same with one of the outputs; a compound one has three fields.
inline ModelConfig small_output_config(const OutputFamily& output,
                                       const std::string& attention = "as-kvhs") {
  ModelConfig config = small_config(attention);
  config.output = output.name();
  config.fields = output.spec().compound ? 3 : 1;
  return config;
}

/// The logits after every token, (ids, V), by prefill.
inline std::vector<float> prefill(const Model& model, std::span<const std::int32_t> ids,
                                  KvCache& cache, Workspace& workspace) {
  std::vector<float> out(ids.size() * static_cast<std::size_t>(model.config().vocab_size));
  model.forward_all(ids, cache, workspace, out);
  return out;
}

inline std::vector<float> prefill(const Model& model, std::span<const std::int32_t> ids,
                                  const KvCacheOptions& cache_options = {},
                                  const WorkspaceOptions& options = {}) {
  KvCache cache(model.config(), cache_options);
  Workspace workspace(model.config(), options);
  return prefill(model, ids, cache, workspace);
}

/// The same, token by token.
inline std::vector<float> step(const Model& model, std::span<const std::int32_t> ids,
                               KvCache& cache, Workspace& workspace) {
  const auto vocabulary = static_cast<std::size_t>(model.config().vocab_size);
  std::vector<float> out(ids.size() * vocabulary);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    model.forward(ids.subspan(i, 1), cache, workspace);
    model.logits(workspace, std::span(out).subspan(i * vocabulary, vocabulary));
  }
  return out;
}

inline std::vector<float> step(const Model& model, std::span<const std::int32_t> ids,
                               const KvCacheOptions& cache_options = {},
                               const WorkspaceOptions& options = {}) {
  KvCache cache(model.config(), cache_options);
  Workspace workspace(model.config(), options);
  return step(model, ids, cache, workspace);
}

template <class A, class B>
double largest_difference(const std::vector<A>& a, const std::vector<B>& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    largest = difference <= largest ? largest : difference;  // a NaN counts as the largest
  }
  return largest;
}

}  // namespace sage::test
