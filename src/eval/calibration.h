// Answers that take no model: rows of a table that say what a value of NMSI means.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eval/corpus.h"

namespace sage {

struct CalibrationRow {
  std::string name;
  std::string meaning;  // "by a random other piece"
};

/// What comparisons of a task are calibrated by: continuations, holes of either task.
std::vector<CalibrationRow> calibration_rows(std::optional<HoleTask> holes);

/// Another reference that can be compared, a new one at each call until there is no other.
using NextReference = std::function<std::optional<Reference>()>;

/// The answers to one reference, in the order of the rows; nothing where there is none:
///
/// Without a hole: the same bars of another piece; the prompt, or the first bars, again and again;
/// its bars drawn at random by `seed`.
///
/// Infill: the same bars of another piece, of its instruments those of the hole where it has them,
/// else its busiest; the bars before the hole, of the same instruments.
///
/// Accompany: the same of another piece; the same, moved by the semitones (-5 to 6) that bring its
/// pitch classes nearest to those of the given part in the window, which is what a system knows
/// that hears the key and nothing else; the given part itself, played by every instrument.
std::vector<std::optional<Piece>> calibrations(const Reference& reference, const Scope& scope,
                                               const NextReference& next, std::uint64_t seed = 0);

/// The answers of a continuation's calibrations in several takes, a row of them each: as many other
/// pieces; the prompt repeated, the same each time; the prompt's bars drawn at random, by `seed`.
/// Rows may hold fewer takes than asked for.
std::vector<std::vector<Piece>> continuation_calibrations(const Reference& reference,
                                                          const Scope& scope,
                                                          const NextReference& next,
                                                          std::size_t takes, std::uint64_t seed);

/// `bars` bars, each a random one of the first `prompt` bars of a piece.
Piece shuffled_prompt(const Piece& whole, std::size_t prompt, std::size_t bars, std::uint64_t seed);

/// The first `prompt` bars of a piece again and again for `bars` bars: what a system scores that
/// copies its prompt.
Piece repeated_prompt(const Piece& whole, std::size_t prompt, std::size_t bars);

/// What a calibration without a prompt repeats.
inline constexpr std::size_t kRepeatedBars = 4;

}  // namespace sage
