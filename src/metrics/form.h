// What comes back in a piece, and when: likeness of bars by their distance, and how a piece ends.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "metrics/piece.h"

namespace sage {

/// The onsets of a bar: (program, position in the bar, pitch), packed and sorted.
using BarOnsets = std::vector<std::uint64_t>;
std::vector<BarOnsets> onsets_by_bar(const Piece& piece);

/// 2 |a and b| / (|a| + |b|): Dice's coefficient, 1 for equal bars; NaN where both are empty.
double likeness(const BarOnsets& a, const BarOnsets& b);
/// Bars at least this alike count as a repetition.
inline constexpr double kRepeatLikeness = 0.8;

inline constexpr std::size_t kMostLag = 16;

struct Form {
  /// Entry k: mean likeness of all pairs of bars at a distance of k + 1; NaN where there are none.
  std::array<double, kMostLag> by_lag = {};
  /// Mean of by_lag at 4, 8 and 16 bars less that at 3, 5, 7 and 9: how much music comes back in
  /// phrases rather than at any time. Lags that the piece is too short for are left out; NaN
  /// without a pair of bars at a distance of 8 or 9.
  double lag_contrast = 0;
  /// Share of the filled bars from the ninth on that repeat a bar that stands 8 or more before.
  double far_repeats = 0;
  /// Share of the filled bars from the second on that repeat the bar before.
  double immediate_repeats = 0;
};
Form form_of(const Piece& piece);

/// How much of a continuation is the prompt again: mean over its filled bars of the likeness to the
/// prompt's bar that is most like it. Too high is copying, too low is another piece: composers say
/// what is right. NaN where either has no note.
double prompt_likeness(const Piece& part, const Piece& prompt);

/// Pitch class of the tonic, and the mode, whose profile correlates best with the pitch classes of
/// the piece, weighted by duration (Krumhansl and Kessler 1982; Krumhansl 1990). {-1, ..} without a
/// pitched note.
struct EstimatedKey {
  int tonic = -1;
  bool minor = false;
};
EstimatedKey estimate_key(const Piece& piece);

/// 1 where the piece ends on its tonic: of the pitched notes that sound last, the lowest is the
/// tonic and all are of the tonic triad, major or minor. 0 where not; NaN without a pitched note.
double ends_on_tonic(const Piece& piece);

}  // namespace sage
