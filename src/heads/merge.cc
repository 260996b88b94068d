#include "heads/merge.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nn/tensor_spec.h"

namespace sage {
namespace {

using nlohmann::json;

/// rows (h * dh, d) to (G * dh, d): the mean of the heads of each cluster, element by element.
std::vector<float> pooled(const TensorView& tensor, const std::vector<int>& table) {
  const std::size_t head_size = tensor.bytes.size() / sizeof(float) / table.size();
  const auto clusters = static_cast<std::size_t>(*std::max_element(table.begin(), table.end()) + 1);
  std::vector<double> sums(clusters * head_size);
  std::vector<double> members(clusters);
  std::vector<float> values(head_size);
  for (std::size_t head = 0; head < table.size(); ++head) {
    const auto cluster = static_cast<std::size_t>(table[head]);
    std::memcpy(values.data(), tensor.bytes.data() + head * head_size * sizeof(float),
                head_size * sizeof(float));
    members[cluster] += 1;
    for (std::size_t i = 0; i < head_size; ++i)
      sums[cluster * head_size + i] += static_cast<double>(values[i]);
  }
  std::vector<float> means;
  for (std::size_t i = 0; i < sums.size(); ++i)
    means.push_back(static_cast<float>(sums[i] / members[i / head_size]));
  return means;
}

/// The training entry of the file: how heads were merged, and the earlier entry.
std::string merged_training(const Weights& mha, const std::string& how) {
  const std::string& before = mha.metadata().at(std::string(kTrainingKey));
  const json parsed = json::parse(before, nullptr, /*allow_exceptions=*/false);
  return json{{"merged", {{"from", mha.hash()}, {"how", how}}},
              {"before", parsed.is_discarded() ? json(before) : parsed}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Result<void> check_mergeable(const ModelConfig& config) {
  if (config.attention == "mha") return {};
  return fail(ErrorCode::kMismatch,
              "only the heads of an mha model can be merged; this one is " + config.attention);
}

Result<void> check_measured(const HeadMeasurement& measured, const Weights& weights) {
  const ModelConfig& config = weights.config();
  if (measured.model == weights.hash() && measured.layers == config.layers &&
      measured.heads == config.heads)
    return {};
  return fail(
      ErrorCode::kMismatch,
      "the measurement is of another model; measure this one with `sage-music heads measure`");
}

Result<std::shared_ptr<const Weights>> merge_heads(const Weights& mha, const HeadTables& tables,
                                                   const std::string& how) {
  ModelConfig config = mha.config();
  if (auto ok = check_mergeable(config); !ok) return tl::unexpected(ok.error());
  config.attention = "as-kvhs-merged";
  config.kv_groups = tables;
  config.kv_heads = 0;
  for (const auto& table : tables)
    for (const int head : table) config.kv_heads = std::max(config.kv_heads, head + 1);
  if (auto ok = validate(config); !ok) return tl::unexpected(ok.error());

  const auto exact = mha.convert(WeightType::kF32);
  std::vector<TensorView> tensors(exact->tensors().begin(), exact->tensors().end());
  std::deque<std::vector<float>> means;  // what the changed tensors show
  for (std::size_t layer = 0; layer < tables.size(); ++layer)
    for (const char* rest : {".attn.k.weight", ".attn.v.weight"}) {
      const std::string name = "layers." + std::to_string(layer) + rest;
      TensorView& tensor =
          *std::find_if(tensors.begin(), tensors.end(),
                        [&](const TensorView& candidate) { return candidate.name == name; });
      const auto& mean = means.emplace_back(pooled(tensor, tables[layer]));
      tensor.shape[0] = static_cast<std::int64_t>(mean.size()) / tensor.shape[1];
      tensor.bytes = {reinterpret_cast<const std::uint8_t*>(mean.data()),
                      mean.size() * sizeof(float)};
    }
  Metadata metadata = mha.metadata();
  metadata[std::string(kTrainingKey)] = merged_training(mha, how);
  auto merged = Weights::copy_of(config, metadata, tensors);
  if (!merged || mha.type() == WeightType::kF32) return merged;
  return (*merged)->convert(mha.type());
}

}  // namespace sage
