#include "data/music_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "data/manifest.h"
#include "midi/file_name.h"

namespace sage {
namespace {

namespace fs = std::filesystem;

/// Between a name and its version.
constexpr std::string_view kSeparators = "-_. ";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

}  // namespace

Result<void> MusicFiles::add(const std::vector<fs::path>& sources, const Watch& watch) {
  const std::size_t begin = files_.size();
  std::unordered_map<std::string, std::uint32_t> numbers;
  const auto take = [&](const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    const auto number = numbers.try_emplace(path.parent_path().string(),
                                            static_cast<std::uint32_t>(folders_.size()));
    if (number.second) folders_.push_back(number.first->first);
    files_.push_back({path.filename().string(), number.first->second,
                      static_cast<std::uint64_t>(info.st_size),
                      info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec});
  };
  for (const fs::path& source : sources) {
    std::error_code error;
    if (fs::is_regular_file(source, error)) {
      take(source);
      continue;
    }
    const auto unreadable = [&] {
      return fail(ErrorCode::kIo, source.string() + ": " + error.message());
    };
    fs::recursive_directory_iterator entry(source, error), end;
    if (error) return unreadable();
    while (entry != end) {
      if (has_midi_extension(entry->path())) take(entry->path());
      if (files_.size() % 1024 == 1023 && watch && !watch(files_.size()))
        return fail(ErrorCode::kInterrupted, "stopped while listing files");
      entry.increment(error);
      if (error) return unreadable();
    }
  }
  const auto place = [&](const File& file) { return std::tie(folders_[file.folder], file.name); };
  const auto from = files_.begin() + static_cast<std::ptrdiff_t>(begin);
  std::sort(from, files_.end(), [&](const File& a, const File& b) { return place(a) < place(b); });
  files_.erase(std::unique(from, files_.end(),
                           [&](const File& a, const File& b) { return place(a) == place(b); }),
               files_.end());
  return {};
}

Result<MusicFiles> MusicFiles::list(const std::vector<fs::path>& held_out,
                                    const std::vector<fs::path>& sources, const Watch& watch) {
  MusicFiles files;
  if (auto added = files.add(held_out, watch); !added) return tl::unexpected<Error>(added.error());
  files.held_out_ = files.files_.size();
  if (auto added = files.add(sources, watch); !added) return tl::unexpected<Error>(added.error());
  for (const File& file : files.files_) files.bytes_ += file.size;
  return files;
}

std::string MusicFiles::digest() const {
  Sha256 hash;
  std::string text = std::to_string(held_out_);
  for (const File& file : files_) {
    text += '\n' + folders_[file.folder] + '/' + file.name + '\0';
    text += std::to_string(file.size) + ' ' + std::to_string(file.changed);
    hash.update(text);
    text.clear();
  }
  return hash.hex();
}

std::string version_stem(std::string_view file_name) {
  std::string_view name = file_name.substr(0, file_name.rfind('.'));
  const auto digits_at_end = [&] {
    std::size_t count = 0;
    while (count < name.size() && is_digit(name[name.size() - 1 - count])) ++count;
    return count;
  };
  // A hash of the content: ".1f6a07be".
  const std::string_view last = name.substr(name.rfind('.') + 1);
  if (last.size() >= 8 && last.size() < name.size() && std::ranges::all_of(last, is_hex))
    name.remove_suffix(last.size() + 1);
  std::string_view cut = name;
  if (name.ends_with(')')) {  // "song (2)"
    name.remove_suffix(1);
    const std::size_t digits = digits_at_end();
    name.remove_suffix(digits);
    if (digits != 1 || !name.ends_with('(')) return std::string(cut);
    name.remove_suffix(1);
    while (name.ends_with(' ') || name.ends_with('_')) name.remove_suffix(1);
  } else if (const std::size_t digits = digits_at_end(); digits > 0) {
    const bool zero = name[name.size() - digits] == '0';
    name.remove_suffix(digits);
    const bool marked = name.ends_with('v') || name.ends_with('V');
    if (marked) name.remove_suffix(1);
    // Without the mark only one digit is a version: "bwv_846" and "Kyrie_07" are pieces.
    const bool version = marked ? digits <= 2 : digits == 1 && !zero;
    if (!version || name.empty() || kSeparators.find(name.back()) == std::string_view::npos)
      return std::string(cut);
    name.remove_suffix(1);
  }
  return std::string(name.empty() ? cut : name);
}

std::map<std::string, Source> read_sources(const fs::path& folder) {
  std::map<std::string, Source> sources;
  for (ManifestRow& row : read_manifest(folder)) {
    Source source;
    if (row.contains("repo")) source.repo = row["repo"];
    if (row.contains("licence")) source.licence = row["licence"];
    sources[row["file"]] = source;
  }
  return sources;
}

}  // namespace sage
