// Where the model is that comes with SAGE-Music.
#pragma once

#include <filesystem>
#include <optional>

namespace sage {

inline constexpr const char* kBundledModel = "models/small.safetensors";

/// Looks in the folders above a file (the program, the library), the nearest first: models/ as in
/// the source folder, share/sage-music/models/ as installed. At most `folders` of them.
std::optional<std::filesystem::path> bundled_model(const std::filesystem::path& file,
                                                   int folders = 16);

}  // namespace sage
