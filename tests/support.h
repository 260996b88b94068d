// Where tests find music: the small pieces in the repository, and the real data where it is at
// hand.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sage::test {

inline std::filesystem::path source_directory() { return SAGE_SOURCE_DIR; }

/// The unpacked data set `name` (e.g. "odd", "valid_clean"), from the folder in SAGE_DATA, which
/// ./test sets after unpacking; nothing where it is not there.
inline std::optional<std::filesystem::path> data_directory(const std::string& name) {
  const char* root = std::getenv("SAGE_DATA");
  if (root == nullptr) return std::nullopt;
  std::filesystem::path path = std::filesystem::path(root) / name;
  if (!std::filesystem::is_directory(path)) return std::nullopt;
  return path;
}

/// All MIDI files below a folder, sorted by name; every `stride`-th one.
inline std::vector<std::filesystem::path> midi_files(const std::filesystem::path& folder,
                                                     std::size_t stride = 1) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "MANIFEST.tsv")
      all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  std::vector<std::filesystem::path> some;
  for (std::size_t i = 0; i < all.size(); i += stride) some.push_back(all[i]);
  return some;
}

}  // namespace sage::test
