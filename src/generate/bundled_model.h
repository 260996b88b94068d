// Where the model is that comes with SAGE-Music.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace sage {

/// The default.
inline constexpr const char* kBundledModel = "models/small.safetensors";

/// Looks in the folders above a file (the program, the library), the nearest first: models/ as in
/// the source folder, share/sage-music/models/ as installed. At most `folders` of them. Models have
/// names: "small" is models/small.safetensors.
std::optional<std::filesystem::path> bundled_model(const std::filesystem::path& file,
                                                   int folders = 16,
                                                   std::string_view name = "small");

}  // namespace sage
