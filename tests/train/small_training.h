// Options of a training run that takes seconds, of a model small enough to overfit small data.
#pragma once

#include "data/small_data.h"
#include "train/trainer.h"

namespace sage::test {

/// Float32 on one thread, so that runs can be compared bit for bit.
inline TrainOptions small_training(const TemporaryFolder& folder, const std::string& run) {
  TrainOptions options;
  options.data = folder / "data";
  options.run = folder / run;
  options.model.d_model = 32;
  options.model.layers = 2;
  options.model.heads = 2;
  options.model.d_ff = 48;
  options.model.context = options.model.window = 64;
  options.batch = 4;
  options.schedule.peak = 5e-3;
  options.schedule.warmup_steps = 5;
  options.bf16 = false;
  options.validate_every = 0;
  options.validation_examples = 4;
  options.threads = 1;
  options.licence = "CC0-1.0";
  return options;
}

}  // namespace sage::test
