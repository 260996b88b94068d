#include "train/holes.h"

#include <algorithm>

#include "train/ordering.h"

namespace sage {
namespace {

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
