#include "midi/file_name.h"

#include <algorithm>
#include <cctype>
#include <string>

namespace sage {

bool has_midi_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".mid" || extension == ".midi" || extension == ".kar" || extension == ".rmi";
}

}  // namespace sage
