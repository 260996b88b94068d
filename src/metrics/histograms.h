// Histograms of note lengths and of times between onsets, in the classes of common note values.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "metrics/piece.h"

namespace sage {

/// Class k holds times nearest to kTimeClasses[k], on a logarithmic scale.
inline constexpr std::size_t kTimeClassCount = 12;
inline constexpr std::array<std::string_view, kTimeClassCount> kTimeClassNames = {
    "1/32", "1/24", "1/16", "1/12", "1/8", "1/8.", "1/4", "1/4.", "1/2", "1/2.", "1", "2"};
/// In quarters.
inline constexpr std::array<double, kTimeClassCount> kTimeClasses = {
    1.0 / 8, 1.0 / 6, 1.0 / 4, 1.0 / 3, 1.0 / 2, 3.0 / 4, 1, 1.5, 2, 3, 4, 8};

using TimeHistogram = std::array<double, kTimeClassCount>;

/// Durations of the pitched notes.
TimeHistogram note_length_histogram(const Piece& piece);
/// Times between neighbouring onsets of one track, all tracks together.
TimeHistogram inter_onset_histogram(const Piece& piece);

}  // namespace sage
