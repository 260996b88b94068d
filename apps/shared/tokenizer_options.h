// The options that describe a tokenizer, and the token file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "tokens/tokenizer.h"

namespace sage::cli {

/// --scheme, --layout, --velocity and --grid.
void add_base_tokenizer_options(CLI::App& command, TokenizerConfig& config);

/// A tokenizer from options or from a file.
struct TokenizerChoice {
  TokenizerConfig config;
  std::string file;  // empty: none
};
/// The above, or --tokenizer FILE.
void add_tokenizer_options(CLI::App& command, TokenizerChoice& choice);
Result<Tokenizer> make_tokenizer(const TokenizerChoice& choice);

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
/// A token file's text, and the file.
std::string token_file_text(const TokenFile& file);
Result<void> write_token_file(const std::filesystem::path& path, const TokenFile& file);

}  // namespace sage::cli
