// What is in prepared data: counted over every piece of both parts.
//
// Reads the shards on several threads; the result does not depend on their number. Knows nothing of
// charts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/shard.h"
#include "score/score.h"
#include "tokens/config.h"

namespace sage {

struct DataCount {
  std::uint64_t pieces = 0, notes = 0, bars = 0, tokens = 0;
  std::uint64_t with_drums = 0;  // pieces
  void add(const PieceEntry& piece);
  friend bool operator==(const DataCount&, const DataCount&) = default;
};

/// Equal or logarithmic bins of values; values outside go to the first or the last.
struct Bins {
  double from = 0, to = 1;
  bool log = false;
  std::vector<std::uint64_t> counts;
  void add(double value);
  /// The middle of a bin.
  double at(std::size_t bin) const;
};

struct PartStats {
  DataCount total;
  std::map<Source, DataCount> sources;
  std::vector<std::uint64_t> programs = std::vector<std::uint64_t>(kProgramCount);  // notes
  std::vector<std::uint64_t> pitches = std::vector<std::uint64_t>(128);             // pitched notes
  std::vector<std::uint64_t> drums = std::vector<std::uint64_t>(128);  // drum notes, by pitch
  std::map<std::string, std::uint64_t> meters;                         // "4/4": bars
  std::map<std::string, std::uint64_t> kinds;                          // name: tokens
  Bins tempos = {.from = 24, .to = 240, .counts = std::vector<std::uint64_t>(36)};  // bpm: bars
  Bins piece_notes = {.from = 10, .to = 1e5, .log = true, .counts = std::vector<std::uint64_t>(32)};
  Bins piece_bars = {.from = 1, .to = 1e4, .log = true, .counts = std::vector<std::uint64_t>(32)};
  Bins notes_a_bar = {.from = 0, .to = 96, .counts = std::vector<std::uint64_t>(32)};  // pieces
  Bins pitch_range = {.from = 0, .to = 96, .counts = std::vector<std::uint64_t>(32)};  // semitones
};

struct DataStats {
  TokenizerConfig tokenizer;
  PartStats train, valid;
  std::map<std::string, std::uint64_t> dropped;  // reason: files, from the manifest
};

/// `folder` as prepare() wrote it. `watch` hears of pieces done and in all, and stops by false.
Result<DataStats> data_stats(const std::filesystem::path& folder, int threads,
                             const std::function<bool(std::size_t, std::size_t)>& watch = {});

}  // namespace sage
