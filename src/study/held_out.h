// The held-out pieces that all arms of one kind of music are measured on.
#pragma once

#include <vector>

#include "base/error.h"
#include "study/arm.h"

namespace sage {

struct HeldOut {
  std::vector<PieceFile> likelihood;    // read whole
  std::vector<PieceFile> continuation;  // their first bars are prompts
};

/// About as many of the pieces as the settings ask for, evenly spread; the same ones each time. A
/// piece that cannot be read, or has nothing after its prompt, is replaced by another.
/// Refuses music without a piece of either use.
Result<HeldOut> choose_held_out(const std::vector<std::filesystem::path>& files,
                                const StudySettings& settings);

}  // namespace sage
