// Writes a shard block by block. Internal to data; see shard.h for the format.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "data/shard.h"
#include "data/shard_format.h"

namespace sage {

/// A block ready to be written: made on any thread.
struct PackedBlock {
  BlockEntry entry;                // without its place in the file
  std::vector<PieceEntry> pieces;  // likewise
  std::vector<std::uint8_t> stored;
};

/// Precondition: `data` are the entries' music, one after another.
PackedBlock pack_block(std::vector<PieceEntry> pieces, std::span<const std::uint8_t> data,
                       int level);

/// Appends a piece's bars and tokens.
void append_piece(const PieceData& piece, std::vector<std::uint8_t>& data);

struct ShardSummary {
  std::uint64_t pieces = 0;
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;
  std::string sha256;
};

class ShardWriter {
 public:
  /// `sources` is the list that the entries' source counts in.
  static Result<ShardWriter> create(const std::filesystem::path& path,
                                    const TokenizerConfig& config, std::span<const Source> sources);
  Result<void> add(PackedBlock block);
  std::uint64_t bytes() const { return position_; }
  /// Writes the tables and gives the file its final name.
  Result<ShardSummary> finish();

 private:
  ShardWriter(FileWriter file, std::string json) : file_(std::move(file)), json_(std::move(json)) {}
  Result<void> append(std::span<const std::uint8_t> bytes);

  FileWriter file_;
  std::string json_;
  Sha256 hash_;
  std::uint64_t position_ = 0;
  std::uint64_t tokens_ = 0;
  std::vector<BlockEntry> blocks_;
  std::vector<PieceEntry> pieces_;
};

}  // namespace sage
