// How many notes an example writes, for budgets in notes: tokenizations differ in how many tokens a
// note takes.
//
// Knows no libtorch.
#pragma once

#include "base/error.h"
#include "train/dataset.h"

namespace sage {

/// The mean over `examples` examples of one context and one step more, as the trainer draws them.
/// The same for the same data, windows and tokenizer. `context` and `fields` as in ModelConfig.
Result<double> notes_per_example(const Dataset& data, int context, int fields, int examples = 2048);

}  // namespace sage
