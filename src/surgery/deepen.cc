#include "surgery/deepen.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sage {
namespace {

constexpr std::string_view kLayers = "layers.";

/// "layers.3.attn.o.weight" as 3 and "attn.o.weight"; -1 for tensors outside the layers.
std::pair<int, std::string> split(const std::string& name) {
  if (!name.starts_with(kLayers)) return {-1, name};
  const std::size_t dot = name.find('.', kLayers.size());
  return {std::stoi(name.substr(kLayers.size(), dot - kLayers.size())), name.substr(dot + 1)};
}

bool writes_to_the_residual(std::string_view part) {
  return part.starts_with("attn.o.") || part.starts_with("ff.down.");
}

}  // namespace

Result<std::shared_ptr<const Weights>> deepen(const Weights& weights, int layers) {
  ModelConfig config = weights.config();
  const int before = config.layers;
  if (layers < before)
    return fail(ErrorCode::kInvalidArgument, "the model has " + std::to_string(before) +
                                                 " layers already; ask for as many or more");
  if (!config.kv_groups.empty())
    return fail(ErrorCode::kUnsupported,
                "a model with merged heads cannot get more layers; deepen it before merging");
  config.layers = layers;
  if (auto ok = validate(config); !ok) return tl::unexpected(ok.error());

  std::size_t largest = 0;
  for (const TensorView& tensor : weights.tensors())
    largest = std::max(largest, tensor.bytes.size());
  const std::vector<std::uint8_t> zeros(largest);

  std::vector<TensorView> tensors;
  for (const TensorView& tensor : weights.tensors()) {
    const auto [layer, part] = split(tensor.name);
    if (layer < 0) {
      tensors.push_back(tensor);
      continue;
    }
    bool first = true;
    for (int i = 0; i < layers; ++i) {
      if (i * before / layers != layer) continue;
      TensorView copy = tensor;
      copy.name = std::string(kLayers) + std::to_string(i) + "." + part;
      if (!first && writes_to_the_residual(part))
        copy.bytes = std::span(zeros).first(tensor.bytes.size());
      tensors.push_back(std::move(copy));
      first = false;
    }
  }
  return Weights::copy_of(config, weights.metadata(), tensors);
}

}  // namespace sage
