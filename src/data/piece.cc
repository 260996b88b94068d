#include "data/piece.h"

#include <algorithm>
#include <string>

#include "base/hash.h"
#include "data/shard_format.h"
#include "feel/rules.h"
#include "midi/reader.h"
#include "score/timeline.h"

namespace sage {
namespace {

Piece dropped(Drop reason) {
  Piece piece;
  piece.drop = reason;
  return piece;
}

void describe(const Score& score, PieceEntry& entry) {
  entry.note_count = static_cast<std::uint32_t>(note_count(score));
  int low = 255, high = 0;
  for (const Track& track : score.tracks) {
    if (track.is_drum) {
      entry.has_drums = 1;
      continue;
    }
    for (const Note& note : track.notes) {
      low = std::min<int>(low, note.pitch);
      high = std::max<int>(high, note.pitch);
    }
  }
  entry.lowest_pitch = static_cast<std::uint8_t>(low);
  entry.highest_pitch = static_cast<std::uint8_t>(high);
}

/// Where the bars begin, with the meter and tempo in force.
void index_bars(const std::vector<TokenId>& ids, const Vocabulary& vocabulary, Piece& piece) {
  std::uint16_t meter = 0, tempo = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto id = static_cast<std::uint16_t>(ids[i]);
    switch (vocabulary.event(ids[i]).kind) {
      case Kind::kBar:
        piece.data.bars.push_back({static_cast<std::uint32_t>(i), meter, tempo});
        break;
      case Kind::kTimeSignature:
        piece.data.bars.back().meter = meter = id;
        break;
      case Kind::kTempo:
        piece.data.bars.back().tempo = tempo = id;
        break;
      case Kind::kProgram:
        if (piece.data.bars.empty()) ++piece.entry.header_count;
        break;
      default:
        break;
    }
  }
}

}  // namespace

Piece read_piece(std::span<const std::uint8_t> bytes, const Tokenizer& tokenizer,
                 const PrepareOptions& options) {
  auto midi = read_midi(bytes);
  if (!midi) return dropped(Drop::kUnreadable);
  const std::size_t notes = note_count(midi->score);
  if (notes == 0) return dropped(Drop::kNoNotes);
  if (notes < options.min_notes) return dropped(Drop::kTooFewNotes);
  if (notes > options.max_notes) return dropped(Drop::kTooManyNotes);
  const Drop drop = judge(measure_quality(midi->score, options.max_bars), options.quality);
  if (drop != Drop::kNone) return dropped(drop);
  if (options.perform)
    perform_by_rules(midi->score, std::stoull(sha256_hex(bytes).substr(0, 16), nullptr, 16));
  const auto quantised = tokenizer.quantise(midi->score, {.max_bars = options.max_bars});
  if (!quantised) return dropped(Drop::kTooManyBars);
  const auto ids = tokenizer.write(*quantised);
  Piece piece;
  index_bars(ids, tokenizer.vocabulary(), piece);
  if (piece.data.bars.empty()) return dropped(Drop::kNoNotes);
  piece.data.tokens.assign(ids.begin(), ids.end());
  piece.entry.token_count = static_cast<std::uint32_t>(piece.data.tokens.size());
  piece.entry.bar_count = static_cast<std::uint32_t>(piece.data.bars.size());
  if (piece.entry.size() > kLargestBlock) return dropped(Drop::kTooManyNotes);
  describe(quantised->score, piece.entry);
  piece.likeness = likeness_of(midi->score);
  return piece;
}

}  // namespace sage
