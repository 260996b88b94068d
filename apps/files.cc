#include "files.h"

#include <algorithm>

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

bool is_midi(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".mid" || extension == ".midi" || extension == ".kar" || extension == ".rmi";
}

}  // namespace

Result<std::vector<fs::path>> midi_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
      if (!fs::exists(path, code))
        return fail(ErrorCode::kIo, "there is no file or folder " + path);
      files.emplace_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (fs::recursive_directory_iterator
             it(path, fs::directory_options::skip_permission_denied, code),
         end;
         !code && it != end; it.increment(code))
      if (it->is_regular_file(code) && is_midi(it->path())) files.push_back(it->path());
    if (files.size() == before)
      return fail(ErrorCode::kInvalidArgument, "there are no MIDI files below " + path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> thin(std::vector<fs::path> files, int limit) {
  if (limit <= 0 || files.size() <= static_cast<std::size_t>(limit)) return files;
  std::vector<fs::path> some;
  for (int i = 0; i < limit; ++i)
    some.push_back(
        files[files.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(limit)]);
  return some;
}

}  // namespace sage::cli
