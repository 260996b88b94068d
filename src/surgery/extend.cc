#include "surgery/extend.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/normal.h"
#include "nn/tensor_spec.h"

namespace sage {
namespace {

/// Of the deviation of the embeddings around their mean: enough to tell the new tokens apart.
constexpr double kSpread = 0.1;

/// Keys and values: what later tokens see of a token. The rest is what a token itself does.
bool is_read_by_others(std::string_view tensor) {
  return tensor.find(".attn.k.") != std::string_view::npos ||
         tensor.find(".attn.v.") != std::string_view::npos;
}

Result<void> check(const ModelConfig& config, const Extension& extension) {
  if (config.output != "flat")
    return fail(ErrorCode::kUnsupported,
                "only a model with flat output can get new tokens; train this one from scratch");
  std::vector<bool> kept(config.token_attributes.size());
  for (std::size_t i = 0; i < extension.old_ids.size(); ++i) {
    const int old = extension.old_ids[i];
    if (old < 0) continue;
    const auto at = static_cast<std::size_t>(old);
    if (at >= kept.size() || config.token_attributes[at] != extension.attributes[i])
      return fail(ErrorCode::kMismatch, "a token would change its attribute");
    kept[at] = true;
  }
  if (std::find(kept.begin(), kept.end(), false) != kept.end())
    return fail(ErrorCode::kUnsupported, "a model cannot forget tokens; train a new one");
  return {};
}

/// Mean and mean deviation of the embeddings of an attribute's tokens.
struct Typical {
  std::vector<double> mean;  // (d)
  double deviation = 0;
};

Typical typical(std::span<const float> embed, const ModelConfig& config, int attribute) {
  const auto d = static_cast<std::size_t>(config.d_model);
  Typical result;
  result.mean.assign(d, 0.0);
  double squares = 0;
  std::size_t count = 0;
  for (std::size_t id = 0; id < config.token_attributes.size(); ++id) {
    if (config.token_attributes[id] != attribute) continue;
    ++count;
    for (std::size_t i = 0; i < d; ++i) {
      const double value = embed[id * d + i];
      result.mean[i] += value;
      squares += value * value;
    }
  }
  if (count == 0) return result;
  double mean_squares = 0;
  for (double& value : result.mean) {
    value /= static_cast<double>(count);
    mean_squares += value * value;
  }
  result.deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(count) - mean_squares) /
                               static_cast<double>(d));
  return result;
}

std::vector<float> extended_rows(std::span<const float> old, const ModelConfig& config,
                                 const Extension& extension, Random& random) {
  const auto d = static_cast<std::size_t>(config.d_model);
  const Typical start = typical(old, config, extension.before);
  std::vector<float> rows;
  rows.reserve(extension.old_ids.size() * d);
  for (const int id : extension.old_ids) {
    if (id >= 0) {
      const auto row = old.subspan(static_cast<std::size_t>(id) * d, d);
      rows.insert(rows.end(), row.begin(), row.end());
      continue;
    }
    for (const double value : start.mean)
      rows.push_back(
          static_cast<float>(value + kSpread * start.deviation * standard_normal(random)));
  }
  return rows;
}

}  // namespace

Result<std::shared_ptr<const Weights>> extend(const Weights& weights, const Extension& extension,
                                              std::uint64_t seed) {
  const ModelConfig& before = weights.config();
  if (auto ok = check(before, extension); !ok) return tl::unexpected(ok.error());
  ModelConfig after = before;
  after.vocab_size = static_cast<int>(extension.old_ids.size());
  after.token_attributes = extension.attributes;
  if (auto ok = validate(after); !ok) return tl::unexpected(ok.error());
  std::vector<bool> used(static_cast<std::size_t>(after.attributes));
  for (const std::uint8_t attribute : before.token_attributes) used[attribute] = true;

  const auto old = weights.convert(WeightType::kF32);
  Random random(seed);
  std::vector<std::vector<float>> values;
  std::vector<TensorView> tensors;
  for (const TensorSpec& spec : tensor_specs(after)) {
    const auto at = std::find_if(old->tensors().begin(), old->tensors().end(),
                                 [&](const TensorView& view) { return view.name == spec.name; });
    const std::span<const float> from = floats_of(*at);
    if (spec.name == "embed.weight" || spec.name == "head.weight") {
      values.push_back(extended_rows(from, before, extension, random));
    } else {
      values.emplace_back(from.begin(), from.end());
      // Banks by attribute, ([A,] out, in): those that no token has used so far.
      const auto size =
          static_cast<std::ptrdiff_t>(from.size()) / static_cast<std::ptrdiff_t>(used.size());
      for (std::size_t bank = 0; spec.shape.size() == 3 && bank < used.size(); ++bank) {
        if (used[bank]) continue;
        const auto to = values.back().begin() + static_cast<std::ptrdiff_t>(bank) * size;
        if (is_read_by_others(spec.name))
          std::fill_n(to, size, 0.0f);
        else
          std::copy_n(from.begin() + extension.after * size, size, to);
      }
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.back().data());
    tensors.push_back(
        {spec.name, DType::kF32, spec.shape, {bytes, values.back().size() * sizeof(float)}});
  }
  Metadata metadata = weights.metadata();
  metadata[std::string(kTokenizerKey)] = extension.tokenizer;
  return Weights::copy_of(after, metadata, tensors);
}

}  // namespace sage
