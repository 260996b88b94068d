// The model file that a run starts from: fine-tuning, and training on after the heads were merged.
//
// Knows no libtorch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "nn/weights.h"
#include "tokens/config.h"

namespace sage {

struct InitialModel {
  std::shared_ptr<const Weights> weights;  // of f32, whatever the file has
  TokenizerConfig tokenizer;
  std::string hash;  // of the file: Weights::hash()
};

Result<InitialModel> open_initial_model(const std::filesystem::path& path);

}  // namespace sage
