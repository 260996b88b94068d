#include "metrics/sequence.h"

#include <algorithm>
#include <limits>

namespace sage {

int onset_class(std::int64_t steps) {
  constexpr std::int64_t kExact = 2 * kMetricGrid;
  if (steps <= kExact) return static_cast<int>(steps);
  int octave = 1;
  for (std::int64_t limit = 2 * kExact; steps > limit; limit *= 2) ++octave;
  return static_cast<int>(kExact) + octave;
}

std::vector<Symbol> symbols_of(const Track& track) {
  std::vector<Symbol> out;
  if (track.notes.empty()) return out;
  out.reserve(track.notes.size() - 1);
  for (std::size_t i = 1; i < track.notes.size(); ++i) {
    const Note &last = track.notes[i - 1], &note = track.notes[i];
    const int interval = int{note.pitch} - int{last.pitch} + 128;
    out.push_back(interval * 128 + onset_class((note.onset - last.onset).count));
  }
  return out;
}

double distinct_ngrams(std::span<const std::vector<Symbol>> sequences, std::size_t n) {
  std::vector<std::span<const Symbol>> grams;
  for (const auto& sequence : sequences)
    for (std::size_t i = 0; i + n <= sequence.size(); ++i)
      grams.push_back(std::span(sequence).subspan(i, n));
  if (grams.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto less = [](auto a, auto b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  };
  std::sort(grams.begin(), grams.end(), less);
  std::size_t distinct = 1;
  for (std::size_t i = 1; i < grams.size(); ++i)
    if (less(grams[i - 1], grams[i])) ++distinct;
  return static_cast<double>(distinct) / static_cast<double>(grams.size());
}

double distinct_ngrams(const Piece& piece, std::size_t n) {
  std::vector<std::vector<Symbol>> sequences;
  for (const Track& track : piece.score.tracks)
    if (!track.is_drum) sequences.push_back(symbols_of(track));
  return distinct_ngrams(sequences, n);
}

}  // namespace sage
