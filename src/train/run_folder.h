// A training run on disk: its metrics, its checkpoints and the model made from the newest.
//
// Knows no libtorch and not how a run proceeds.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "nn/safetensors.h"
#include "train/checkpoint.h"

namespace sage {

class RunFolder {
 public:
  /// A new run gets its folder made, and must not find another run there; a resumed one must find
  /// a checkpoint.
  static Result<RunFolder> open(const std::filesystem::path& path, bool resume);

  /// The newest checkpoint as it was on opening; of resumed runs only.
  const std::optional<std::filesystem::path>& checkpoint() const { return checkpoint_; }
  std::filesystem::path model() const { return path_ / "model.safetensors"; }

  /// Adds a line to metrics.jsonl.
  void log(const nlohmann::json& line);

  /// Writes a checkpoint, and the model file from it where asked or where there is none yet. The
  /// older of more than two checkpoints go.
  Result<void> save(const TrainState& state, const std::map<std::string, std::string>& metadata,
                    std::span<const TensorView> tensors, bool model) const;

 private:
  std::filesystem::path path_;
  std::optional<std::filesystem::path> checkpoint_;
  std::ofstream metrics_;
};

}  // namespace sage
