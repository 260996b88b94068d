// The prepared data file: pieces as token strings, with an index of their bars. Memory-mapped to
// train.
//
// Little endian, every section aligned to 8 bytes:
//   magic "SAGEDATA", u32 version, u32 bytes of JSON, u64 pieces, u64 bars, u64 tokens;
//   JSON (the tokenizer's config), padded with spaces; PieceEntry[pieces]; BarEntry[bars]; u16
//   tokens.
// Knows nothing of MIDI files or of training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tokens/config.h"

namespace sage {

/// One piece: `BOS [PROGRAM...] START bar* EOS` in the token section.
struct PieceEntry {
  static constexpr std::uint8_t kUnpitched = 255;
  std::uint64_t first_token = 0;
  std::uint64_t first_bar = 0;
  std::uint32_t token_count = 0;
  std::uint32_t bar_count = 0;
  std::uint32_t note_count = 0;
  std::uint16_t header_count = 0;          // PROGRAM tokens between BOS and START
  std::uint8_t lowest_pitch = kUnpitched;  // of the pitched notes
  std::uint8_t highest_pitch = 0;
  std::uint8_t has_drums = 0;
  std::uint8_t reserved[7] = {};
};
static_assert(sizeof(PieceEntry) == 40);

/// Where a bar begins and what a window that begins there must say first.
struct BarEntry {
  std::uint32_t offset = 0;  // of its BAR token, from the piece's first token
  std::uint16_t meter = 0;   // the TIME_SIGNATURE and TEMPO ids in force in it
  std::uint16_t tempo = 0;
};
static_assert(sizeof(BarEntry) == 8);

/// Pieces held in memory, to be written.
struct ShardData {
  std::vector<PieceEntry> pieces;
  std::vector<BarEntry> bars;
  std::vector<std::uint16_t> tokens;
};

/// Writes atomically; returns the SHA-256 of the file.
Result<std::string> write_shard(const std::filesystem::path& path, const TokenizerConfig& config,
                                const ShardData& data);

/// A shard on disk, checked so far that no index leaves it and no token leaves the vocabulary.
class Shard {
 public:
  static Result<Shard> open(const std::filesystem::path& path);

  const TokenizerConfig& config() const { return config_; }
  std::span<const PieceEntry> pieces() const { return pieces_; }
  std::span<const BarEntry> bars(const PieceEntry& piece) const {
    return bars_.subspan(piece.first_bar, piece.bar_count);
  }
  std::span<const std::uint16_t> tokens(const PieceEntry& piece) const {
    return tokens_.subspan(piece.first_token, piece.token_count);
  }
  std::uint64_t token_count() const { return tokens_.size(); }

 private:
  MappedFile file_;
  TokenizerConfig config_;
  std::span<const PieceEntry> pieces_;
  std::span<const BarEntry> bars_;
  std::span<const std::uint16_t> tokens_;
};

}  // namespace sage
