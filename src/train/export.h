// A model file for the engine, from a training run's checkpoint. Knows no libtorch.
#pragma once

#include <filesystem>

#include "base/error.h"

namespace sage {

struct ExportOptions {
  std::filesystem::path checkpoint;  // a file that the trainer wrote
  std::filesystem::path output;      // model.safetensors
  bool bf16 = false;                 // matrices as bfloat16; norm weights are float32 in every file
};

/// Copies the weights and the "sage.*" metadata, without the optimiser's state.
Result<void> export_model(const ExportOptions& options);

}  // namespace sage
