// Files named on a command line: music, where a folder means all MIDI files below it, and what
// must not be overwritten.
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

/// Refuses outputs that are one file, or one of the inputs, under whatever names and links. Empty
/// paths mean outputs that were not requested, `-` standard input or output.
Result<void> check_apart(const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs);

/// Refuses a folder for outputs that is, or is inside, the input folder: what is written there
/// would replace what is read, or be taken for it.
Result<void> check_outside(const std::string& output, const std::string& data);

}  // namespace sage::cli
