// The token study as pages: report.json, report.md and SVG plots.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/token_study.h"

namespace sage {

struct TokenReport {
  std::string command;  // that made it
  TokenizerConfig tokenizer;
  std::string training_sha256, held_out_sha256;
  std::vector<TokenArm> arms;
};

/// Each file atomically.
Result<void> write_token_report(const TokenReport& report, const std::filesystem::path& folder);

}  // namespace sage
