#include "nn/tensor_spec.h"

#include <utility>

namespace sage {

std::vector<TensorSpec> tensor_specs(const ModelConfig& config) {
  const std::int64_t d = config.d_model;
  const std::int64_t f = config.d_ff;
  const std::int64_t q = std::int64_t{config.heads} * config.head_dim();

  std::vector<TensorSpec> specs;
  const auto norm = [&](std::string name) { specs.push_back({std::move(name), {d}, false}); };
  const auto matrix = [&](std::string name, bool banked, std::int64_t out, std::int64_t in) {
    std::vector<std::int64_t> shape = {out, in};
    if (banked) shape.insert(shape.begin(), config.attributes);
    specs.push_back({std::move(name), std::move(shape), true});
  };

  matrix("embed.weight", false, config.vocab_size, d);
  for (int i = 0; i < config.layers; ++i) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    const AttentionSpec attention = attention_of(config, i);
    const std::int64_t kv = std::int64_t{attention.kv_heads} * config.head_dim();
    norm(layer + "attn_norm.weight");
    matrix(layer + "attn.q.weight", attention.query_banks, q, d);
    matrix(layer + "attn.k.weight", attention.kv_banks, kv, d);
    matrix(layer + "attn.v.weight", attention.kv_banks, kv, d);
    matrix(layer + "attn.o.weight", attention.query_banks, d, q);
    norm(layer + "ff_norm.weight");
    if (config.activation == Activation::kSwiGlu)
      matrix(layer + "ff.gate.weight", config.ff_banks, f, d);
    matrix(layer + "ff.up.weight", config.ff_banks, f, d);
    matrix(layer + "ff.down.weight", config.ff_banks, d, f);
  }
  norm("final_norm.weight");
  if (!config.tied) matrix("head.weight", false, config.vocab_size, d);
  const OutputSpec output = output_of(config);
  if (output.chained) norm("fields.norm.weight");
  if (output.compound)
    for (const char* name : {"fields.up.weight", "fields.down.weight"})
      specs.push_back({name, {config.fields, d, d}, true});
  return specs;
}

std::int64_t parameter_count(const ModelConfig& config) {
  std::int64_t total = 0;
  for (const TensorSpec& spec : tensor_specs(config)) {
    std::int64_t count = 1;
    for (const std::int64_t n : spec.shape) count *= n;
    total += count;
  }
  return total;
}

}  // namespace sage
