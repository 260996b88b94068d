#include "tokens/config.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace sage {

namespace {

constexpr std::array<std::string_view, kBoundaries.size()> kBoundaryNames = {"none", "bar", "beat",
                                                                             "position", "note"};

/// {"boundary": "bar", "pairs": [[left, right], ...]}; whether the pairs make sense is Bpe's to
/// say.
Result<Merges> merges_from_json(const nlohmann::json& json) {
  Merges merges;
  if (!json.is_object() || !json.contains("boundary") || !json["boundary"].is_string() ||
      !json.contains("pairs") || !json["pairs"].is_array())
    return fail(ErrorCode::kMalformed,
                "tokenizer config: merges are not {\"boundary\": name, \"pairs\": [...]}");
  const auto name = json.at("boundary").get<std::string>();
  const auto boundary = boundary_from_name(name);
  if (!boundary)
    return fail(ErrorCode::kMalformed,
                "tokenizer config: no boundary is called '" + name.substr(0, 40) + "'");
  merges.boundary = *boundary;
  for (const nlohmann::json& pair : json.at("pairs")) {
    const auto id = [&](std::size_t i) {
      const nlohmann::json& number = pair.at(i);
      const bool fits = number.is_number_unsigned() && number.get<std::uint64_t>() < 65'536;
      return fits ? number.get<TokenId>() : -1;
    };
    if (!pair.is_array() || pair.size() != 2 || id(0) < 0 || id(1) < 0)
      return fail(ErrorCode::kMalformed, "tokenizer config: merge " +
                                             std::to_string(merges.pairs.size()) +
                                             " is not a pair of token ids");
    merges.pairs.push_back({id(0), id(1)});
  }
  return merges;
}

}  // namespace

std::string_view boundary_name(Boundary boundary) {
  return kBoundaryNames[static_cast<std::size_t>(boundary)];
}

std::optional<Boundary> boundary_from_name(std::string_view name) {
  for (const Boundary boundary : kBoundaries)
    if (boundary_name(boundary) == name) return boundary;
  return std::nullopt;
}

std::string describe(const TokenizerConfig& config) {
  std::string text = config.scheme + (config.layout == Layout::kFull ? " full" : " compact") +
                     (config.velocity ? ", velocity" : ", no velocity") + ", grid " +
                     std::to_string(config.grid);
  if (config.order == ProgramOrder::kHeader) text += ", programs in the header's order";
  if (!config.merges.pairs.empty())
    text += ", " + std::to_string(config.merges.pairs.size()) + " merges (boundary " +
            std::string(boundary_name(config.merges.boundary)) + ")";
  return text;
}

nlohmann::json to_json(const TokenizerConfig& config) {
  nlohmann::json json = {{"scheme", config.scheme},
                         {"layout", config.layout == Layout::kFull ? "full" : "compact"},
                         {"velocity", config.velocity},
                         {"grid", config.grid}};
  if (config.order == ProgramOrder::kHeader) json["order"] = "header";
  if (config.merges.pairs.empty()) return json;
  nlohmann::json pairs = nlohmann::json::array();
  for (const Merge& merge : config.merges.pairs) pairs.push_back({merge.left, merge.right});
  json["merges"] = {{"boundary", boundary_name(config.merges.boundary)},
                    {"pairs", std::move(pairs)}};
  return json;
}

Result<TokenizerConfig> tokenizer_config_from_json(const nlohmann::json& json) {
  try {
    TokenizerConfig config;
    config.scheme = json.at("scheme").get<std::string>();
    const auto layout = json.at("layout").get<std::string>();
    if (layout != "full" && layout != "compact")
      return fail(ErrorCode::kMalformed, "tokenizer config: layout '" + layout.substr(0, 40) +
                                             "' is neither full nor compact");
    config.layout = layout == "full" ? Layout::kFull : Layout::kCompact;
    config.velocity = json.at("velocity").get<bool>();
    const nlohmann::json& grid = json.at("grid");
    const auto positions = grid.is_number_integer() ? grid.get<std::int64_t>() : 0;
    if (positions < 1 || positions > 24)  // the tokenizer checks which grids exist
      return fail(ErrorCode::kMalformed,
                  "tokenizer config: grid " + grid.dump() + " is no number of 4 to 24");
    config.grid = static_cast<int>(positions);
    if (json.contains("order")) {
      const auto order = json.at("order").get<std::string>();
      if (order != "number" && order != "header")
        return fail(ErrorCode::kMalformed, "tokenizer config: order '" + order.substr(0, 40) +
                                               "' is neither number nor header");
      config.order = order == "header" ? ProgramOrder::kHeader : ProgramOrder::kNumber;
    }
    if (json.contains("merges")) {
      auto merges = merges_from_json(json["merges"]);
      if (!merges) return tl::unexpected(merges.error());
      config.merges = *std::move(merges);
    }
    return config;
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kMalformed, std::string("tokenizer config: ") + e.what());
  }
}

}  // namespace sage
