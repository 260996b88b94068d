// The options that describe a tokenizer, and the token file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli.h"
#include "tokens/tokenizer.h"

namespace sage::cli {

/// --scheme, --layout, --velocity and --grid.
void add_tokenizer_options(CLI::App& command, TokenizerConfig& config);

inline constexpr const char* kTokenFileFormat = "sage-music tokens";
inline constexpr int kTokenFileVersion = 1;

struct TokenFile {
  struct Piece {
    std::string file;  // that it came from
    std::vector<TokenId> tokens;
  };
  TokenizerConfig config;
  std::vector<Piece> pieces;
};

/// Reads a token file, refusing anything else with a reason.
Result<TokenFile> read_token_file(const std::filesystem::path& path);

}  // namespace sage::cli
