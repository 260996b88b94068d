// Training examples: windows of prepared pieces, drawn at random or in a fixed order.
//
// A window of a piece is `BOS [PROGRAM...] START` with the programs that play in it, then the piece
// from the start of some bar on, that bar with explicit TIME_SIGNATURE and TEMPO, then
// EOS where the piece ends. An example is windows packed one after another and cut at its length,
// so no position is padding. In a compound scheme a window is whole steps, and so is an example
// whose length is a multiple of the stride. A share of the windows become infilling examples
// (holes.h): whole bars with holes, then what fills them. Where the tokenizer has the header's
// order of programs, a window with a header has them in a random one (ordering.h), the fixed ones
// ascend. Attention may look across the BOS between two windows; the grammar state does not.
// Prepared data are base tokens; merges, where the tokenizer has any, are applied to each window
// after it was transposed. Thread role: const and stateless, share freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "data/shard_set.h"
#include "tokens/tokenizer.h"

namespace sage {

/// How much likelier the pieces of a source are drawn, for their length.
struct SourceWeight {
  std::string name;  // a repo of the data's sources, or a licence: all sources under it
  double weight = 1.0;
};

struct WindowOptions {
  double header_probability = 0.7;     // list the window's programs
  double first_bar_probability = 0.2;  // begin at the piece's first bar; else at any bar
  int lowest_shift = -5;               // transposition in semitones, kept inside 0..127
  int highest_shift = 6;
  int tempo_shift = 0;          // bins of TEMPO up or down at most, kept inside the vocabulary
  int velocity_shift = 0;       // the same of VELOCITY; what would leave it stays at its end
  double hole_probability = 0;  // a window becomes an infilling example, where that fits
  /// In place of the tokenizer's order of programs. Unset: that.
  std::optional<ProgramOrder> order;
  double drum_weight = 1.0;  // how much likelier a piece with drums is drawn, for its length
  std::vector<SourceWeight> source_weights;  // those of one piece multiply
};

class Dataset {
 public:
  /// `part` as ShardSet::open takes it. With another tokenizer than the data were prepared with,
  /// where it only differs in its merges or its order of programs.
  static Result<Dataset> open(const std::filesystem::path& part, const WindowOptions& options,
                              const std::optional<TokenizerConfig>& tokenizer = std::nullopt);

  const Tokenizer& tokenizer() const { return tokenizer_; }
  /// Notes that each token writes, by id.
  std::span<const std::uint16_t> notes_written() const { return notes_written_; }
  std::size_t piece_count() const { return shards_.piece_count(); }
  /// Base tokens of all pieces.
  std::uint64_t token_count() const { return shards_.token_count(); }

  /// Fills an example. A function of the random state alone. Pieces are drawn in proportion to
  /// their length times their weight. Fails where the data on disk turn out damaged; the line says
  /// what to do.
  Result<void> sample(Random& random, std::span<std::uint16_t> example) const;

  /// The fixed example `index` for validation: every piece has its turn before any comes again,
  /// first from its first bar, then from other bars; with header, not transposed. Fails as sample()
  /// does.
  Result<void> fixed(std::size_t index, std::span<std::uint16_t> example) const;

 private:
  Dataset(ShardSet shards, Tokenizer tokenizer, const WindowOptions& options,
          std::span<const double> weights);
  static Result<std::vector<double>> weights_of(std::span<const Source> sources,
                                                std::span<const SourceWeight> given);
  struct Window {
    std::size_t piece = 0;
    std::size_t bar = 0;
    bool header = true;
    int shift = 0;
    int tempo_shift = 0, velocity_shift = 0;
    std::optional<std::uint64_t> holes;  // the seed that draws them
    std::optional<std::uint64_t> order;  // of the programs: the seed that draws it
  };
  Window draw(Random& random) const;
  std::vector<TokenId> programs_in(std::span<const std::uint16_t> tokens) const;
  std::vector<std::uint16_t> body(const PieceData& piece, const Window& window,
                                  std::size_t limit) const;
  void shift_bins(Kind kind, int by, bool each, std::span<std::uint16_t> ids) const;
  std::vector<std::uint16_t> merged(std::span<const std::uint16_t> base) const;
  /// Writes as much of a window as fits; returns the number of tokens written.
  Result<std::size_t> write(const Window& window, std::span<std::uint16_t> to) const;

  ShardSet shards_;
  WindowOptions options_;
  Tokenizer tokenizer_;
  std::vector<std::uint16_t> notes_written_;
  std::vector<double> cumulative_;  // (pieces): weight of this piece and all before it
};

}  // namespace sage
