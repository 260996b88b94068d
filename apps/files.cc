#include "files.h"

#include <algorithm>

#include "midi/file_name.h"

namespace sage::cli {
namespace fs = std::filesystem;
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
      if (it->is_regular_file(code) && has_midi_extension(it->path())) files.push_back(it->path());
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
