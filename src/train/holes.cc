#include "train/holes.h"

#include <algorithm>

#include "tokens/score_builder.h"

namespace sage {
namespace {

/// Where the bars of a body begin, and where its last one ends if that is known: at EOS, or where
/// another one begins.
std::vector<std::size_t> bar_lines(const Vocabulary& vocabulary,
                                   std::span<const std::uint16_t> body) {
  const auto bar = vocabulary.id(Kind::kBar), eos = vocabulary.id(Kind::kEos);
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i < body.size(); ++i)
    if (body[i] == bar || body[i] == eos) lines.push_back(i);
  return lines;
}

/// The bars as music, on the grid; nothing where the grammar does not take them for a whole piece.
std::optional<Quantised> read_bars(const Tokenizer& tokenizer,
                                   std::span<const std::uint16_t> bars) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  tokenizer.put_structure(vocabulary.id(Kind::kBos), ids);
  tokenizer.put_structure(vocabulary.id(Kind::kStart), ids);
  ids.insert(ids.end(), bars.begin(), bars.end());
  tokenizer.put_structure(vocabulary.id(Kind::kEos), ids);
  const auto reader = tokenizer.reader();
  ScoreBuilder builder(vocabulary.grid());
  Tick bar;
  int length = 0;
  for (const TokenId id : ids) {
    const ReadEvent event = reader->push(id);
    if (event.type == ReadEvent::Type::kIllegal) return std::nullopt;
    if (event.type == ReadEvent::Type::kBar) bar = event.onset;
    if (event.type == ReadEvent::Type::kMeter) length = vocabulary.bar_steps(event.meter);
    builder.add(event);
  }
  if (builder.notes() == 0) return std::nullopt;
  auto piece = tokenizer.quantise(builder.build(), {.end = bar + Tick{length}});
  if (!piece) return std::nullopt;
  return *std::move(piece);
}

std::vector<Hole> draw_holes(const Quantised& piece, Random& random) {
  const auto below = [&](std::size_t n) {
    return static_cast<int>(random.below(static_cast<std::uint32_t>(n)));
  };
  std::vector<int> programs;
  for (const Track& track : piece.score.tracks) programs.push_back(track.program_or_drum());
  const auto bars = static_cast<int>(piece.bars.size());
  int first = 0, last = bars;  // the range of bars
  enum { kTracks, kBars, kOne } kind = static_cast<decltype(kind)>(random.below(3));
  if (kind != kTracks) {
    const int count = 1 + below(static_cast<std::size_t>(std::max(1, bars / 2)));
    first = below(static_cast<std::size_t>(bars - count + 1));
    last = first + count;
  }
  if (kind != kBars && programs.size() > 1) {
    // Shuffled, of which some are taken, at least one and not all.
    for (std::size_t i = programs.size() - 1; i > 0; --i)
      std::swap(programs[i], programs[static_cast<std::size_t>(below(i + 1))]);
    programs.resize(kind == kOne ? 1 : 1 + static_cast<std::size_t>(below(programs.size() - 1)));
    std::sort(programs.begin(), programs.end());
  }
  std::vector<Hole> holes;
  for (int bar = first; bar < last; ++bar)
    for (const int program : programs) holes.push_back({bar, program});
  return holes;
}

}  // namespace

std::optional<std::vector<TokenId>> with_holes(const Tokenizer& tokenizer,
                                               std::span<const std::uint16_t> body, bool header,
                                               std::size_t room, Random& random) {
  const auto lines = bar_lines(tokenizer.vocabulary(), body);
  if (lines.size() < 3) return std::nullopt;
  // How much holes and header add shows only when they are written.
  for (std::size_t bars = lines.size() - 1; bars >= 2; bars = bars * 3 / 4) {
    if (!tokenizer.has_merges() && lines[bars] > room) continue;
    const auto piece = read_bars(tokenizer, body.first(lines[bars]));
    if (!piece || piece->bars.size() != bars) return std::nullopt;
    const EncodeOptions options = {
        .header = header, .holes = draw_holes(*piece, random), .end = true};
    auto ids = tokenizer.merge(tokenizer.write(*piece, options));
    if (ids.size() <= room) return ids;
  }
  return std::nullopt;
}

}  // namespace sage
