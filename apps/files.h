// Music files named on a command line: files as they are, folders with all MIDI files below them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace sage::cli {

/// Sorted by path. Refuses a path that does not exist and folders without a MIDI file (.mid, .midi,
/// .kar, .rmi in any case).
Result<std::vector<std::filesystem::path>> midi_files(const std::vector<std::string>& paths);

/// About `limit` of the files, evenly spread, the same ones each time; all for 0.
std::vector<std::filesystem::path> thin(std::vector<std::filesystem::path> files, int limit);

}  // namespace sage::cli
