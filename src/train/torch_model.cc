#include "train/torch_model.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "ops/torch_ops.h"

namespace sage {

using torch::Tensor;

struct TorchModel::Pass {
  Mode mode;
  std::int64_t batch = 0, time = 0;
  Tensor attributes;    // (B * T)
  ops::Banks banks;     // by attribute; banked models only
  Tensor cosine, sine;  // (T, dh / 2)

  const ops::Banks* banks_if(bool banked) const { return banked ? &banks : nullptr; }
  Tensor drop(const Tensor& x) const {
    return mode.dropout > 0 ? torch::dropout(x, mode.dropout, true) : x;
  }
};

namespace {

std::string layer_name(int layer, std::string_view rest) {
  return "layers." + std::to_string(layer) + "." + std::string(rest);
}

}  // namespace

TorchModel::TorchModel(const ModelConfig& config, std::uint64_t seed, torch::Device device)
    : config_(config) {
  for (int layer = 0; layer < config.layers; ++layer) {
    LayerAttention& attention = attention_.emplace_back();
    const auto& table = (attention.spec = attention_of(config, layer)).kv_head_of;
    attention.readers.assign(static_cast<std::size_t>(attention.spec.kv_heads), 0);
    for (const int group : table) ++attention.readers[static_cast<std::size_t>(group)];
    if (std::is_sorted(table.begin(), table.end())) continue;
    const Tensor groups = torch::tensor(table, torch::kInt64).to(device);
    attention.order = std::get<1>(groups.sort(/*stable=*/true, 0, /*descending=*/false));
    attention.inverse = attention.order.argsort();
  }
  std::vector<std::int64_t> attributes(config.token_attributes.begin(),
                                       config.token_attributes.end());
  token_attributes_ = torch::tensor(attributes, torch::kInt64).to(device);

  weights_ = torch::zeros({parameter_count(config)}, torch::kFloat32).to(device);
  gradients_ = torch::zeros_like(weights_);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const double residual = 0.02 / std::sqrt(2.0 * config.layers);
  const auto specs = tensor_specs(config);
  std::int64_t offset = 0;
  for (const bool matrix : {true, false}) {
    for (const TensorSpec& spec : specs) {
      if (spec.matrix != matrix) continue;
      std::int64_t count = 1;
      for (const auto size : spec.shape) count *= size;
      Tensor value = weights_.narrow(0, offset, count).view(spec.shape);
      const bool is_residual =
          spec.name.ends_with("attn.o.weight") || spec.name.ends_with("ff.down.weight");
      if (matrix) {
        value.copy_(torch::randn(spec.shape, generator) * (is_residual ? residual : 0.02));
      } else {
        value.fill_(1.0);
      }
      value.requires_grad_(true);
      value.mutable_grad() = gradients_.narrow(0, offset, count).view(spec.shape);
      parameters_.push_back({spec, value});
      offset += count;
    }
    if (matrix) matrix_elements_ = offset;
  }
}

const Tensor& TorchModel::weight(const std::string& name) const {
  for (const Parameter& parameter : parameters_)
    if (parameter.spec.name == name) return parameter.value;
  TORCH_INTERNAL_ASSERT(false, "no tensor ", name);
}

Tensor TorchModel::forward(const Tensor& tokens, const Mode& mode, const Tensor& next) const {
  Pass pass;
  pass.mode = mode;
  pass.batch = tokens.size(0);
  pass.time = tokens.size(1) / config_.fields;
  const Tensor steps = tokens.reshape({-1, config_.fields});
  pass.attributes = token_attributes_.index_select(0, steps.select(1, -1));
  const AttentionSpec& spec = attention_.front().spec;
  if (spec.query_banks || spec.kv_banks || config_.ff_banks)
    pass.banks = ops::banks_of(pass.attributes, config_.attributes);
  const int half = config_.head_dim() / 2;
  const auto real = weights_.options().requires_grad(false);
  const Tensor frequencies = torch::pow(static_cast<double>(config_.rope_theta),
                                        torch::arange(half, real.dtype(torch::kFloat64)) / -half);
  const Tensor angles =
      torch::outer(torch::arange(pass.time, real.dtype(torch::kFloat64)), frequencies);
  pass.cosine = angles.cos().to(torch::kFloat32);
  pass.sine = angles.sin().to(torch::kFloat32);

  const Tensor& embed = weight("embed.weight");
  Tensor x = pass.drop(config_.fields == 1 ? torch::embedding(embed, steps.view({-1}))
                                           : torch::embedding(embed, steps).sum(1));
  Tensor delta;  // what the last part adds to x; the next norm does so
  const auto normed = [&](const std::string& name) {
    const Tensor& w = weight(name);
    if (!delta.defined()) return ops::rms_norm(x, w, config_.norm_eps, mode.compute);
    const auto [sum, out] = ops::add_rms_norm(x, delta, w, config_.norm_eps, mode.compute);
    x = sum;
    return out;
  };
  for (int layer = 0; layer < config_.layers; ++layer) {
    delta = pass.drop(attention(layer, normed(layer_name(layer, "attn_norm.weight")), pass));
    delta = pass.drop(feed_forward(layer, normed(layer_name(layer, "ff_norm.weight")), pass));
  }
  Tensor last = normed("final_norm.weight");
  if (config_.fields > 1) last = field_states(last, next, mode.compute);
  return ops::linear(last, config_.tied ? embed : weight("head.weight"));
}

/// What the output head multiplies, (N * S, d), from the states (N, d); see nn/tensor_spec.h.
Tensor TorchModel::field_states(const Tensor& states, const Tensor& next,
                                torch::ScalarType type) const {
  const auto up = weight("fields.up.weight").unbind(0);
  const auto down = weight("fields.down.weight").unbind(0);
  const bool chained = output_of(config_).chained;
  Tensor embedded, pooled = torch::zeros_like(states, torch::kFloat32), norm;
  if (chained) {
    norm = weight("fields.norm.weight");
    embedded = torch::embedding(weight("embed.weight"), next.reshape({-1, config_.fields}));
  }
  std::vector<Tensor> fields;
  for (std::size_t s = 0; s < up.size(); ++s) {
    Tensor u = states;
    if (chained && s > 0) {
      pooled = pooled + embedded.select(1, static_cast<std::int64_t>(s) - 1);
      u = u + ops::rms_norm(pooled, norm, config_.norm_eps, type);
    }
    fields.push_back(states + ops::linear(torch::gelu(ops::linear(u, up[s])), down[s]));
  }
  return torch::stack(fields, 1).view({-1, config_.d_model});
}

Tensor TorchModel::attention(int layer, const Tensor& n, const Pass& pass) const {
  const auto load = [&](const char* rest) { return weight(layer_name(layer, rest)); };
  const AttentionSpec& spec = attention_[static_cast<std::size_t>(layer)].spec;
  const std::int64_t heads = spec.query_heads, groups = spec.kv_heads;
  const std::int64_t dim = config_.head_dim();
  const ops::Banks* query_banks = pass.banks_if(spec.query_banks);
  const Tensor q = ops::linear(n, load("attn.q.weight"), query_banks);
  const Tensor kv = ops::linear(n, torch::cat({load("attn.k.weight"), load("attn.v.weight")}, -2),
                                pass.banks_if(spec.kv_banks));
  const auto parts = kv.view({pass.batch, pass.time, 2, groups, dim}).unbind(2);
  const Tensor out =
      mix(layer, ops::rope(q.view({pass.batch, pass.time, heads, dim}), pass.cosine, pass.sine),
          ops::rope(parts[0], pass.cosine, pass.sine), parts[1], pass)
          .reshape({pass.batch * pass.time, heads * dim});
  return ops::linear(out, load("attn.o.weight"), query_banks);
}

/// Attention of all heads: q (B, T, h, dh), k and v (B, T, G, dh) to (B, T, h, dh).
Tensor TorchModel::mix(int layer, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Pass& pass) const {
  const auto& [spec, readers, order, inverse] = attention_[static_cast<std::size_t>(layer)];
  const auto queries =
      (order.defined() ? q.index_select(2, order) : q).split_with_sizes(readers, 2);
  const auto keys = k.unbind(2), values = v.unbind(2);
  std::vector<Tensor> outputs;
  for (std::size_t g = 0; g < queries.size(); ++g) {
    if (spec.keys[g] == AttentionSpec::kAllAttributes) {
      outputs.push_back(ops::causal_attention(queries[g], keys[g], values[g]));
      continue;
    }
    Tensor member = torch::zeros({config_.attributes}, torch::kBool);
    for (int a = 0; a < config_.attributes; ++a)
      if (spec.keys[g] >> a & 1) member[a] = true;
    const Tensor seen =
        member.to(q.device()).index_select(0, pass.attributes).view({pass.batch, 1, pass.time});
    const Tensor visible = seen.expand({pass.batch, pass.time, pass.time}).tril();
    outputs.push_back(ops::composed::masked_attention(queries[g], keys[g], values[g], visible));
  }
  const Tensor out = outputs.size() == 1 ? outputs[0] : torch::cat(outputs, 2);
  return inverse.defined() ? out.index_select(2, inverse) : out;
}

Tensor TorchModel::feed_forward(int layer, const Tensor& m, const Pass& pass) const {
  const auto load = [&](const char* rest) { return weight(layer_name(layer, rest)); };
  const ops::Banks* banks = pass.banks_if(config_.ff_banks);
  const Tensor up = load("ff.up.weight");
  const Tensor hidden =
      config_.activation == Activation::kSwiGlu
          ? ops::swiglu(ops::linear(m, torch::cat({load("ff.gate.weight"), up}, -2), banks))
          : torch::gelu(ops::linear(m, up, banks));
  return ops::linear(hidden, load("ff.down.weight"), banks);
}

}  // namespace sage
