#include "generate/bundled_model.h"

#include <string>

namespace sage {
namespace fs = std::filesystem;

std::optional<fs::path> bundled_model(const fs::path& file, int folders, std::string_view name) {
  std::error_code code;
  const fs::path wanted = fs::path("models") / (std::string(name) + ".safetensors");
  for (fs::path folder = file.parent_path(); folders > 0; --folders) {
    for (const char* place : {"", "share/sage-music"})
      if (const fs::path model = folder / place / wanted; fs::exists(model, code)) return model;
    if (folder.empty() || folder == folder.root_path()) break;
    folder = folder.parent_path();
  }
  return std::nullopt;
}

}  // namespace sage
