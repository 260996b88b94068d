// Trains a model on prepared data, with checkpoints and exact resume.
//
// A run is a folder: checkpoint-STEP.safetensors (the newest two), metrics.jsonl (one object a
// line) and model.safetensors (written with every checkpoint, so that there is always a model to
// play). Every batch and every dropout mask is a function of (seed, step); a resumed run repeats
// what the unbroken one would have done, bit for bit on one thread. Blocks the calling thread;
// prints nothing.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "train/train_options.h"
#include "train/train_report.h"

namespace sage {

/// Names and one line each of the optimisers there are.
std::vector<std::pair<std::string, std::string>> list_optimisers();

Result<TrainSummary> train(const TrainOptions& options, const TrainHooks& hooks = {});

}  // namespace sage
