#include "train/initial_model.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace sage {

Result<InitialModel> open_initial_model(const std::filesystem::path& path) {
  auto weights = Weights::load(path);
  if (!weights) return tl::unexpected<Error>(weights.error());
  const std::string& text = (*weights)->metadata().at(std::string(kTokenizerKey));
  auto tokenizer =
      tokenizer_config_from_json(nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false));
  if (!tokenizer) return fail(path.string(), tokenizer.error());
  const std::string hash = (*weights)->hash();
  if ((*weights)->type() != WeightType::kF32) weights = (*weights)->convert(WeightType::kF32);
  return InitialModel{*std::move(weights), *std::move(tokenizer), hash};
}

}  // namespace sage
