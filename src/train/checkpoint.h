// A training run's state on disk: one safetensors file with the weights under the engine's names,
// the optimiser's moments, and the run's position as metadata.
//
// The position is all there is beside tensors: batches and dropout are functions of (seed, step).
// Weights carry the names and types of a model file, so export only leaves things out. Knows no
// libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "base/error.h"
#include "nn/safetensors.h"

namespace sage {

struct TrainState {
  std::int64_t step = 0;  // updates made
  std::int64_t tokens = 0;
  double seconds = 0;  // trained so far, over all sessions
  double train_loss = 0;
  double valid_nats_per_token = 0;
  double valid_nats_per_note = 0;
  // Of the best validation; step -1 before the first.
  std::int64_t best_step = -1;
  double best_nats_per_note = 0;
  std::int64_t validations_since = 0;
};

inline constexpr std::string_view kMomentPrefix = "optimiser.";  // of the tensors no model file has
inline constexpr std::string_view kStateKey = "sage.state";

std::string state_to_text(const TrainState& state);
Result<TrainState> state_from_text(const std::string& text);

/// Writes RUN/checkpoint-STEP.safetensors and removes all but the newest `keep` checkpoints.
Result<std::filesystem::path> write_checkpoint(const std::filesystem::path& run,
                                               const TrainState& state,
                                               std::map<std::string, std::string> metadata,
                                               std::span<const TensorView> tensors,
                                               std::size_t keep = 2);

/// The checkpoint of the highest step in a run's folder; an error that names the folder if none.
Result<std::filesystem::path> newest_checkpoint(const std::filesystem::path& run);

}  // namespace sage
