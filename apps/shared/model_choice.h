// The options by which commands choose a model, and how they find the one that comes with the
// program.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/shared/cli.h"
#include "generate/engine.h"

namespace sage::cli {

struct ModelChoice {
  std::string model;  // path, or the name of a bundled model; empty: the default model
  std::string type;   // of the weights; empty: as stored
  std::string cache;  // of the K/V cache; empty: like the weights
  int threads = 1;
};

/// --model, --type, --cache and --threads.
void add_model_options(CLI::App& command, ModelChoice& choice);

/// Checks of names: --type and --cache, --shape, --attention.
CLI::Validator is_weight_type();
CLI::Validator is_cache_type();
CLI::Validator is_shape();
CLI::Validator is_attention();

/// The model that comes with the program: $SAGE_MODEL, else models/small.safetensors in a
/// folder above the program, or in the current one.
Result<std::filesystem::path> default_model();

/// A file beside the bundled model; nothing where there is none.
std::optional<std::filesystem::path> bundled(const std::string& name);
/// The file of a ModelChoice::model: a path that is there, or a bundled model of that name.
Result<std::filesystem::path> model_file(const std::string& name);

/// The type of a checked name; nothing for an empty one.
std::optional<DType> type_of(const std::string& name);

Result<std::shared_ptr<const Engine>> open_engine(const ModelChoice& choice);

}  // namespace sage::cli
