#include "train/piece.h"

#include <algorithm>

#include "midi/reader.h"

namespace sage {
namespace {

Piece dropped(std::string reason) {
  Piece piece;
  piece.dropped = std::move(reason);
  return piece;
}

/// FNV-1a over 64-bit words, with a final mix. Good enough to tell millions of pieces apart.
class Fingerprint {
 public:
  void add(std::int64_t value) {
    hash_ = (hash_ ^ static_cast<std::uint64_t>(value)) * 0x100000001b3;
    hash_ ^= hash_ >> 29;
  }
  std::uint64_t value() const { return hash_ ^ (hash_ >> 32); }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// Of grid onsets from the first note on and pitches from the first pitch on, so that
/// transposition, tempo and leading silence do not tell copies apart.
std::uint64_t fingerprint_of(const Score& score) {
  Tick first_onset{std::int64_t{1} << 40};
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) first_onset = std::min(first_onset, note.onset);
  Fingerprint print;
  int base = -1;
  for (const Track& track : score.tracks) {
    print.add(-1 - track.program_or_drum());
    for (const Note& note : track.notes) {
      if (base < 0 && !track.is_drum) base = note.pitch;
      print.add((note.onset - first_onset).count);
      print.add(track.is_drum ? note.pitch : note.pitch - base);
      print.add(note.duration.count);
    }
  }
  return print.value();
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

Piece read_piece(const std::filesystem::path& path, const Tokenizer& tokenizer,
                 const PrepareOptions& options) {
  const auto midi = read_midi_file(path);
  if (!midi) return dropped("unreadable");
  const std::size_t notes = note_count(midi->score);
  if (notes == 0) return dropped("no notes");
  if (notes < options.min_notes) return dropped("too few notes");
  if (notes > options.max_notes) return dropped("too many notes");
  const auto quantised = tokenizer.quantise(midi->score, {.max_bars = options.max_bars});
  if (!quantised) return dropped("too many bars");
  const auto ids = tokenizer.write(*quantised);
  Piece piece;
  piece.fingerprint = fingerprint_of(quantised->score);
  describe(quantised->score, piece.entry);
  index_bars(ids, tokenizer.vocabulary(), piece);
  if (piece.data.bars.empty()) return dropped("no notes");
  piece.data.tokens.assign(ids.begin(), ids.end());
  piece.entry.token_count = static_cast<std::uint32_t>(piece.data.tokens.size());
  piece.entry.bar_count = static_cast<std::uint32_t>(piece.data.bars.size());
  return piece;
}

}  // namespace sage
