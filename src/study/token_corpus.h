// MIDI files as one long string of base tokens, with an index of the pieces: what merges are learnt
// from and measured on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "tokens/tokenizer.h"

namespace sage {

/// The kinds of music in a study, recognised from the notes alone, so that any folder can be
/// sorted.
enum class MusicKind : std::uint8_t {
  kPianoScore,        // all notes of one piano-family program (0..7), rendered: onsets on a grid
  kPianoPerformance,  // the same, played: onsets off the grid
  kMultitrack,        // two programs or more, drums included
  kOther,             // one program that is no piano, drums alone, or no notes
};
inline constexpr int kMusicKindCount = 4;
std::string_view music_kind_name(MusicKind kind);

/// A piano piece counts as played when less than half of its onsets are, within 0.5 % of a
/// quarter note, on a multiple of a sixth or an eighth of one.
MusicKind classify(const Score& score);

struct CorpusPiece {
  std::uint64_t first_token = 0;
  std::uint32_t token_count = 0;
  std::uint32_t note_count = 0;
  double quarters = 0;  // length in quarter notes, whole bars
};

struct TokenCorpus {
  std::vector<CorpusPiece> pieces;
  std::vector<std::uint16_t> tokens;  // base ids
  std::uint64_t notes = 0;
  double quarters = 0;

  std::span<const std::uint16_t> of(const CorpusPiece& piece) const {
    return std::span(tokens).subspan(piece.first_token, piece.token_count);
  }
};

struct CorpusOptions {
  int threads = 1;
  std::uint64_t max_notes = 0;   // of each kind, whole pieces; 0: no limit
  std::size_t max_bars = 4'000;  // a longer piece is dropped
  std::function<void(std::size_t done, std::size_t files)> progress;  // from one thread
  const std::atomic<bool>* stop = nullptr;                            // true: kInterrupted
};

struct SortedCorpora {
  std::array<TokenCorpus, kMusicKindCount> kinds;  // by MusicKind
  std::map<std::string, std::size_t> dropped;      // reason: files
  std::vector<std::string> remarks;                // a line each: files left out or read in part
  std::string
      sha256;  // of the hashes of the files in order, a line each, empty for unreadable ones

  const TokenCorpus& of(MusicKind kind) const { return kinds[static_cast<std::size_t>(kind)]; }
};

/// Reads, quantises and writes every file as base tokens. The result depends on the files alone,
/// not on threads. With `max_notes`, every k-th piece of a kind is taken so that the limit holds.
Result<SortedCorpora> read_corpora(std::span<const std::filesystem::path> files,
                                   const Tokenizer& tokenizer, const CorpusOptions& options);

/// All kinds as one, in the order of the kinds.
TokenCorpus joined(SortedCorpora corpora);

}  // namespace sage
