#include "train/precision.h"

#include "ops/torch_ops.h"
#include "train/process_group.h"

namespace sage {

bool multiplies_in_bf16(const TrainOptions& options) {
  return options.bf16.value_or(ops::has_fast_bf16(device_of(options.placement, options.device)));
}

}  // namespace sage
