// The files that prepare() reads, in the order that everything else counts in. Internal to data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/shard.h"

namespace sage {

/// Held-out files first, each part by folder, then by name. Of a file given twice one stays.
class MusicFiles {
 public:
  /// Called now and then with the files found so far; false stops (kInterrupted).
  using Watch = std::function<bool(std::size_t)>;
  static Result<MusicFiles> list(const std::vector<std::filesystem::path>& held_out,
                                 const std::vector<std::filesystem::path>& sources,
                                 const Watch& watch);

  std::size_t size() const { return files_.size(); }
  std::size_t held_out() const { return held_out_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t bytes(std::size_t file) const { return files_[file].size; }
  const std::string& folder(std::size_t file) const { return folders_[files_[file].folder]; }
  const std::string& name(std::size_t file) const { return files_[file].name; }
  std::filesystem::path path(std::size_t file) const {
    return std::filesystem::path(folder(file)) / name(file);
  }
  /// A hash of names, sizes and times of change.
  std::string digest() const;

 private:
  struct File {
    std::string name;
    std::uint32_t folder = 0;
    std::uint64_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
  };
  Result<void> add(const std::vector<std::filesystem::path>& sources, const Watch& watch);

  std::vector<std::string> folders_;
  std::vector<File> files_;
  std::size_t held_out_ = 0;
  std::uint64_t bytes_ = 0;
};

/// The name that versions of one piece share: a file name without its extension, a content hash in
/// front of that (".1f6a07be") and a version: "-v2", "_2", ".3", " (4)". A number of more digits is
/// no version unless a v marks it.
std::string version_stem(std::string_view file_name);

/// Sources by file name, from the columns "repo" and "licence".
std::map<std::string, Source> read_sources(const std::filesystem::path& folder);

}  // namespace sage
