// Where a file's music comes from, as a text in the file: program, version, model, seed, wishes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/shared/cli.h"
#include "generate/engine.h"
#include "generate/wishes.h"
#include "score/score.h"

namespace sage::cli {

/// {"program": "sage-music", "version": ..., "command": ..., "model": hash, "seed": ..., "wishes":
/// {...}, "form": "A A' B"} in one line.
std::string provenance(const Engine& engine, std::string_view command, std::uint64_t seed,
                       const Wishes& wishes, std::string_view form = {});

/// --no-provenance.
void add_provenance_option(CLI::App& command, bool& left_out);

/// Puts the line at the beginning of a piece; an empty one is none.
void sign(Score& score, std::string text);

/// What the texts of a piece say of this kind, oldest first; older files say it in words, which
/// stand under "text".
std::vector<Json> provenance_of(const Score& score);

}  // namespace sage::cli
