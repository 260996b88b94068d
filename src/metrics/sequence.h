// A part as a sequence of symbols that does not change when it is transposed or played faster: for
// counting n-grams and for finding copied passages.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/piece.h"

namespace sage {

/// How a note follows the one before it in its part, notes in order of onset and pitch: the
/// interval
/// (-127..127 semitones) and the class of the time between the onsets.
using Symbol = std::int32_t;

/// Times up to two quarters are told apart by the grid step; longer ones by doublings.
int onset_class(std::int64_t steps);

/// One symbol for each note but the first. Precondition: the notes lie on the grid and are sorted.
std::vector<Symbol> symbols_of(const Track& track);

/// The share of distinct n-grams among all n-grams of the pitched tracks (distinct-n; Li et al.
/// 2016). NaN where no track is that long.
double distinct_ngrams(const Piece& piece, std::size_t n);

/// The same over all pieces together, n-grams of all sequences in one pot.
double distinct_ngrams(std::span<const std::vector<Symbol>> sequences, std::size_t n);

}  // namespace sage
