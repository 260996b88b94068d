// OUTPUT/work: files already read, kept until the data are whole. Internal to data.
//
// A unit is some hundred files in a row: fixed-size metadata of each, then the music of the good
// ones, compressed. Units are written whole or not at all, so whatever ends the program leaves only
// finished ones behind. They are valid for the options and files whose hashes are in key.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "data/likeness.h"
#include "data/quality.h"
#include "data/shard.h"

namespace sage {

/// What became of one file.
struct FileMeta {
  PieceEntry entry;
  std::uint64_t fingerprint = 0;
  std::uint64_t frame = 0;  // position of its music in the unit's file
  std::uint64_t frame_checksum = 0;
  std::uint32_t frame_bytes = 0;
  std::uint32_t shingles = 0;
  std::array<std::uint8_t, 32> sha256 = {};  // of the MIDI file
  Signature signature = {};
  Drop drop = Drop::kNone;
  std::uint8_t reserved[7] = {};
};
static_assert(sizeof(FileMeta) == 360);

/// A unit being filled, in memory.
class UnitWriter {
 public:
  /// `music`: the bars and tokens of a good piece, as in a shard's block.
  void add(FileMeta meta, std::span<const std::uint8_t> music);
  Result<void> write(const std::filesystem::path& path, std::uint64_t key);

 private:
  std::vector<FileMeta> metas_;
  std::vector<std::uint8_t> frames_;
};

/// A finished unit, mapped. Shared freely.
class Unit {
 public:
  /// nullopt where there is none, or none that fits.
  static std::optional<Unit> open(const std::filesystem::path& path, std::uint64_t key,
                                  std::size_t files);
  std::span<const FileMeta> files() const { return files_; }
  /// Appends the bars and tokens of a good piece; false where the unit is damaged.
  bool read(const FileMeta& file, std::vector<std::uint8_t>& to) const;

 private:
  MappedFile mapped_;
  std::span<const FileMeta> files_;
};

class WorkFolder {
 public:
  /// Makes the folder or finds it again. One that belongs to other options or files is refused, or
  /// emptied where `restart` is set; so is one that another program is at work in.
  static Result<WorkFolder> open(const std::filesystem::path& output, const std::string& options,
                                 const std::string& files, std::size_t file_count, bool restart);
  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

  /// A unit's files are [first, first + count).
  std::size_t unit_count() const { return (file_count_ + unit_size_ - 1) / unit_size_; }
  std::size_t unit_size() const { return unit_size_; }
  std::size_t first_file(std::size_t unit) const { return unit * unit_size_; }
  std::size_t files_in(std::size_t unit) const {
    return std::min(unit_size_, file_count_ - first_file(unit));
  }
  std::filesystem::path unit_path(std::size_t unit) const;
  std::uint64_t unit_key(std::size_t unit) const;
  std::optional<Unit> unit(std::size_t unit) const {
    return Unit::open(unit_path(unit), unit_key(unit), files_in(unit));
  }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  /// The folder goes: the data are whole.
  void remove();

 private:
  WorkFolder() = default;
  std::filesystem::path folder_;
  std::size_t file_count_ = 0, unit_size_ = 1;
  std::uint64_t key_ = 0;
  int lock_ = -1;
};

}  // namespace sage
