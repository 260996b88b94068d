#include "apps/shared/files.h"

#include <algorithm>
#include <set>

#include "base/file.h"
#include "midi/file_name.h"

namespace sage::cli {
namespace fs = std::filesystem;
namespace {

/// One spelling for all names of a place, links followed, whether something is there or not.
fs::path place_of(const std::string& name) {
  std::error_code code;
  const fs::path whole = behind_links(fs::absolute(name, code).lexically_normal());
  fs::path place = fs::weakly_canonical(whole, code);
  if (code) place = whole;                                    // such as a folder without permission
  return place.has_filename() ? place : place.parent_path();  // without a slash at its end
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

Result<void> check_apart(const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs) {
  std::set<fs::path> read, written;
  for (const std::string& input : inputs)
    if (!input.empty() && input != "-") read.insert(place_of(input));
  for (const std::string& output : outputs) {
    if (output.empty() || output == "-") continue;
    const fs::path place = place_of(output);
    if (read.contains(place))
      return fail(ErrorCode::kInvalidArgument,
                  output + " is read and would be overwritten; give the output another name");
    if (!written.insert(place).second)
      return fail(ErrorCode::kInvalidArgument,
                  output + " is the name of two outputs; give each its own");
  }
  return {};
}

Result<void> check_outside(const std::string& output, const std::string& data) {
  if (output.empty() || data.empty()) return {};
  const fs::path inner = place_of(output), outer = place_of(data);
  const auto [end, rest] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (end != outer.end()) return {};
  return fail(ErrorCode::kInvalidArgument,
              output + " is in the folder that is read, " + data +
                  "; outputs there would be taken for its pieces: name a folder outside");
}

}  // namespace sage::cli
