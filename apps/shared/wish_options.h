// The options by which the commands that write music hear wishes: one of its own for the common
// ones, and a JSON file for all (docs/wishes.md).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/shared/cli.h"
#include "generate/constraint.h"
#include "generate/wishes.h"

namespace sage::cli {

struct WishOptions {
  std::string key, chords, density, range, polyphony, rhythm;  // empty: none
  std::optional<double> chromatic, surprise;
  bool playable = false;
  std::string file;
};

/// --key, --chromatic, --chords, --density, --surprise, --range, --polyphony, --rhythm, --playable
/// and --wishes.
void add_wish_options(CLI::App& command, WishOptions& options);

/// The file's wishes with the options in their place. `programs` are those that are written, as far
/// as they are known.
Result<Wishes> wishes_of(const WishOptions& options, std::span<const int> programs);

/// "rhythm: bar 3, Flute: ..." for each wish that could not be had.
Json to_json(std::span<const WishLoss> losses);
void note_losses(std::span<const WishLoss> losses);

}  // namespace sage::cli
