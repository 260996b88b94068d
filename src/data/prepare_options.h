// What prepare() is asked for, and what it reports. Plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/quality.h"
#include "tokens/config.h"

namespace sage {

struct PrepareOptions {
  std::vector<std::filesystem::path> sources;  // folders, searched recursively, or single files
  std::vector<std::filesystem::path>
      validation;  // validation only; empty: split `sources` by groups of pieces
  std::filesystem::path output;
  TokenizerConfig tokenizer;
  /// Share of the pieces that validate where no validation folder is given. A group of pieces goes
  /// where the hash of its name says; one larger than the whole share trains. Of two groups and
  /// more at least one validates, whatever its size, and one trains.
  double validation_share = 0.02;
  /// A piece whose estimated similarity to an earlier one is at least this, and whose number of
  /// notes is the same to a tenth, is dropped. 1: off.
  double near_duplicate = 0.8;
  /// Pieces at least so similar are one group, as are files in one folder whose names are versions
  /// of each other ("song", "song-v2", "song_3"), and copies. A group is never in both parts.
  /// 0.3 (below, too few pairs are found) to 1: off.
  double same_piece = 0.4;
  std::size_t min_notes = 16;
  std::size_t max_notes = 100'000;
  std::size_t max_bars = 4'000;
  QualityLimits quality;
  /// Velocities for parts whose notes are all equally loud, or in steps (feel/rules.h). Means
  /// nothing without velocity tokens.
  bool perform = false;
  std::uint64_t shard_bytes = std::uint64_t{512}
                              << 20;  // a shard that reaches it is the last but one
  bool restart = false;               // throw unfinished work of other options or files away
  int threads = 2;
};

struct PrepareProgress {
  enum class Stage { kListing, kReading, kComparing, kWriting };
  Stage stage = Stage::kListing;
  std::size_t files = 0;  // listed, read or written so far
  std::size_t total_files = 0;
  std::size_t resumed_files = 0;    // of `files`, those that an earlier call had read
  double files_per_second = 0;      // of this call
  double megabytes_per_second = 0;  // of MIDI, while reading
  double seconds_left = 0;
};

struct PrepareSummary {
  struct Part {
    std::size_t pieces = 0;
    std::size_t notes = 0;
    std::size_t bars = 0;
    std::size_t tokens = 0;
    std::size_t groups = 0;
    std::uint64_t bytes = 0;      // of the shards
    std::uint64_t raw_bytes = 0;  // of the pieces before compression
  };
  Part train, valid;
  std::map<std::string, std::size_t> dropped;  // reason: files
  std::size_t like_pairs = 0;                  // of pieces at least `same_piece` similar
  std::size_t resumed_files = 0;
  std::string manifest_sha256;
};

}  // namespace sage
