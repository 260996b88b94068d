// All shards of one part of prepared data, as one list of pieces. Const reads may come from several
// threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/error.h"
#include "data/shard.h"

namespace sage {

class ShardSet {
 public:
  /// `part` is the folder that prepare() wrote, and the name of the part in it: "prepared/train".
  /// The folder's manifest.json lists its shards; one that is missing, or another
  /// than it lists, is an error. A part may be empty.
  static Result<ShardSet> open(const std::filesystem::path& part);

  const TokenizerConfig& config() const { return config_; }
  /// Where the pieces come from; PieceEntry::source counts in it.
  std::span<const Source> sources() const { return sources_; }
  std::size_t piece_count() const { return starts_.back(); }
  std::uint64_t token_count() const { return token_count_; }

  /// Precondition for both: piece < piece_count().
  const PieceEntry& piece(std::size_t piece) const;
  Result<PieceData> read(std::size_t piece) const;

 private:
  /// The shard that holds a piece, and its number there.
  struct Place {
    std::size_t shard, piece;
  };
  Place find(std::size_t piece) const;

  TokenizerConfig config_;
  std::vector<Source> sources_;
  std::vector<Shard> shards_;
  std::vector<std::size_t> starts_ = {0};  // (shards + 1): pieces before each, and in all
  std::uint64_t token_count_ = 0;
};

}  // namespace sage
