// Prepared data on disk: pieces as token strings with an index of their bars, compressed, read at
// random.
//
// A file, little endian:
//   magic "SAGEDATA", u32 version, u32 0
//   blocks: each one zstd frame of a few whole pieces, BarEntry[bars] then u16 tokens[] of each
//   zeros up to a multiple of 8
//   JSON padded with spaces to a multiple of 8: {"tokenizer": config, "sources": [{repo, licence}]}
//   BlockEntry[blocks], PieceEntry[pieces]
//   Footer: offsets, and the XXH3-64 of everything from the JSON to itself
// The tables are read and checked as the shard is opened, a block when a piece of it is asked for.
// Knows nothing of MIDI files or of training. Const reads may come from several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "tokens/config.h"

namespace sage {

/// The origin of a piece by the MANIFEST.tsv beside it; "unknown" without one.
struct Source {
  std::string repo = "unknown";
  std::string licence = "unknown";
  friend auto operator<=>(const Source&, const Source&) = default;
};

/// One piece: `BOS [PROGRAM...] START bar* EOS`.
struct PieceEntry {
  static constexpr std::uint8_t kUnpitched = 255;
  std::uint32_t token_count = 0;
  std::uint32_t bar_count = 0;
  std::uint32_t note_count = 0;
  std::uint32_t block = 0;
  std::uint32_t offset = 0;                // bytes before it in its block
  std::uint32_t source = 0;                // index into the list of sources
  std::uint16_t header_count = 0;          // PROGRAM tokens between BOS and START
  std::uint8_t lowest_pitch = kUnpitched;  // of the pitched notes
  std::uint8_t highest_pitch = 0;
  std::uint8_t has_drums = 0;
  std::uint8_t reserved[3] = {};

  /// Its bytes in a block.
  std::uint64_t size() const {
    return std::uint64_t{8} * bar_count + std::uint64_t{2} * token_count;
  }
};
static_assert(sizeof(PieceEntry) == 32);

/// Where a bar starts, and the state that a window starting there must write first.
struct BarEntry {
  std::uint32_t offset = 0;  // of its BAR token, from the piece's first token
  std::uint16_t meter = 0;   // the TIME_SIGNATURE and TEMPO ids in force in it
  std::uint16_t tempo = 0;
};
static_assert(sizeof(BarEntry) == 8);

struct BlockEntry {
  std::uint64_t offset = 0;    // in the file
  std::uint64_t checksum = 0;  // XXH3-64 of the stored bytes
  std::uint32_t stored = 0;    // bytes in the file
  std::uint32_t size = 0;      // bytes of its pieces
};
static_assert(sizeof(BlockEntry) == 24);

/// A piece's music, owned.
struct PieceData {
  std::vector<BarEntry> bars;
  std::vector<std::uint16_t> tokens;
};

class Shard {
 public:
  /// Checks everything but the blocks. An error names the file and what to do.
  static Result<Shard> open(const std::filesystem::path& path);

  const TokenizerConfig& config() const { return config_; }
  std::span<const Source> sources() const { return sources_; }
  std::span<const PieceEntry> pieces() const { return pieces_; }
  std::uint64_t token_count() const { return token_count_; }
  std::uint64_t file_size() const { return file_.size(); }

  /// Decompresses the piece's block. A damaged block, or one whose pieces do not make sense under
  /// the vocabulary, is an error. Precondition: piece < pieces().size().
  Result<PieceData> read(std::size_t piece) const;

 private:
  explicit Shard(FileReader file) : file_(std::move(file)) {}
  Result<void> read_tables();
  bool tables_fit() const;
  std::string in_block(std::uint32_t block) const;

  FileReader file_;
  std::filesystem::path path_;
  TokenizerConfig config_;
  int vocabulary_ = 0;
  std::uint32_t stride_ = 1;  // tokens of a step
  std::vector<Source> sources_;
  std::vector<BlockEntry> blocks_;
  std::vector<PieceEntry> pieces_;
  std::uint64_t token_count_ = 0;
};

}  // namespace sage
