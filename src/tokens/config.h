// What a tokenizer is, as data: scheme, layout, velocity, grid. Stored in every model and token
// file.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/error.h"

namespace sage {

enum class Layout {
  kFull,     // every attribute for every note
  kCompact,  // POSITION only when it changes, PROGRAM only when it changes within a position
};

struct TokenizerConfig {
  std::string scheme = "remi+";
  Layout layout = Layout::kCompact;
  bool velocity = false;
  int grid = 12;  // positions a quarter note: 4, 8, 12, 16 or 24
  friend bool operator==(const TokenizerConfig&, const TokenizerConfig&) = default;
};

nlohmann::json to_json(const TokenizerConfig& config);
Result<TokenizerConfig> tokenizer_config_from_json(const nlohmann::json& json);

}  // namespace sage
