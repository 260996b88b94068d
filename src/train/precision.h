// In which type a training run multiplies. A function of the options and of this machine.
#pragma once

#include "train/train_options.h"

namespace sage {

/// Whether train() computes products in bfloat16.
bool multiplies_in_bf16(const TrainOptions& options);

}  // namespace sage
