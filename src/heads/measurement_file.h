// A measurement of heads as a file: JSON that anyone can read.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "heads/measurement.h"

namespace sage {

/// Atomically.
Result<void> write_measurement(const std::filesystem::path& path, const HeadMeasurement& measured);

/// Refuses a file of another kind or version, and numbers that no measurement has, saying which.
Result<HeadMeasurement> read_measurement(const std::filesystem::path& path);

}  // namespace sage
