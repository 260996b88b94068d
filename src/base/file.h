// Files: read whole, write atomically, map read-only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sage {

/// Reads a whole file. Refuses directories and files above `max_bytes`.
Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            std::size_t max_bytes = std::size_t{1} << 30);
Result<std::string> read_text(const std::filesystem::path& path,
                              std::size_t max_bytes = std::size_t{1} << 30);

/// The file of a path, which may not exist yet: itself, or the target of its
/// symbolic links. Links that form a loop or lead to a folder or a device stay links.
std::filesystem::path behind_links(std::filesystem::path path);

/// Writes through a temporary file in the same folder and renames it, so that `path` holds either
/// its old content or all of the new. Where `path` is a symbolic link, its target is
/// written and the link stays. Creates missing parent folders.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
Result<void> write_text(const std::filesystem::path& path, std::string_view text);

/// Whether write_file could write there, tried before long work. Creates missing parent folders.
Result<void> check_writable(const std::filesystem::path& path);

/// A file that is written from its start to its end and stands under its name only when committed;
/// without that its temporary file goes with the object.
class FileWriter {
 public:
  /// Creates missing parent folders.
  static Result<FileWriter> create(const std::filesystem::path& path);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  Result<void> append(std::span<const std::uint8_t> bytes);
  Result<void> commit();

 private:
  FileWriter(std::filesystem::path path, std::filesystem::path temporary, int descriptor);
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

/// A file read at any place. Const reads may come from several threads at once.
class FileReader {
 public:
  static Result<FileReader> open(const std::filesystem::path& path);
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&& other) noexcept;
  ~FileReader();

  std::uint64_t size() const { return size_; }
  /// Fills `to` from `offset` on; kMalformed where the file ends before.
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> to) const;

 private:
  FileReader(std::filesystem::path path, int descriptor, std::uint64_t size);
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// A read-only memory map of a whole file; unmapped on destruction.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sage
