#include "tokens/config.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace sage {

nlohmann::json to_json(const TokenizerConfig& config) {
  return {{"scheme", config.scheme},
          {"layout", config.layout == Layout::kFull ? "full" : "compact"},
          {"velocity", config.velocity},
          {"grid", config.grid}};
}

Result<TokenizerConfig> tokenizer_config_from_json(const nlohmann::json& json) {
  try {
    TokenizerConfig config;
    config.scheme = json.at("scheme").get<std::string>();
    const auto layout = json.at("layout").get<std::string>();
    if (layout != "full" && layout != "compact")
      return fail(ErrorCode::kMalformed,
                  "tokenizer config: layout '" + layout + "' is neither full nor compact");
    config.layout = layout == "full" ? Layout::kFull : Layout::kCompact;
    config.velocity = json.at("velocity").get<bool>();
    const nlohmann::json& grid = json.at("grid");
    const auto positions = grid.is_number_integer() ? grid.get<std::int64_t>() : 0;
    if (positions < 1 || positions > 24)  // which ones there are is the tokenizer's to say
      return fail(ErrorCode::kMalformed,
                  "tokenizer config: grid " + grid.dump() + " is no number of 4 to 24");
    config.grid = static_cast<int>(positions);
    return config;
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kMalformed, std::string("tokenizer config: ") + e.what());
  }
}

}  // namespace sage
