// A tokenizer as a file: its config with the merges, the base tokens in words, and what is known of
// how the merges were learnt. JSON, so that anyone can read and check it.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "tokens/tokenizer.h"

namespace sage {

/// Atomically. `training` is kept as it is.
Result<void> write_tokenizer_file(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                  const nlohmann::json& training);

/// Refuses a file of another kind or version, a scheme that does not exist, merges that do not
/// fit, and base tokens that are not this program's, saying which.
Result<Tokenizer> read_tokenizer_file(const std::filesystem::path& path);

}  // namespace sage
