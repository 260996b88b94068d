// What a trained model is worth on held-out pieces.
#pragma once

#include <filesystem>

#include "eval/scoring.h"
#include "study/arm.h"
#include "study/held_out.h"

namespace sage {

/// Fills in everything of `result` that follows from a model file: its shape, the nats of whole
/// pieces, and the similarity of its continuations to what the composer wrote. The continuations
/// are in `outputs`, where an interrupted measurement finds them again. One thread. kInterrupted
/// when `progress` returns false.
Result<void> measure_model(const std::filesystem::path& model, const HeldOut& held_out,
                           const StudySettings& settings, const std::filesystem::path& outputs,
                           const Progress& progress, ArmResult& result);

}  // namespace sage
