// What keeps a file out of the training data: measured on the score as it was read. Internal to
// data.
#pragma once

#include <cstdint>
#include <string_view>

#include "score/score.h"

namespace sage {

/// What a file may be like. The defaults keep everything of real collections that a listener would
/// call music.
struct QualityLimits {
  double top_pitch_share = 0.75;  // of the notes that are one and the same pitch
  double cut_bars = 0.25;         // share of bars that a meter change inside cuts short
  double notes_per_second = 90;   // mean
  double sounding = 32;           // pitched notes at once, mean
  double silent_bars = 0.8;       // share of bars in which no note begins
};

/// Why a file is not used. The numbers are stored in work files: append new ones at the end.
enum class Drop : std::uint8_t {
  kNone,
  kUnreadable,
  kNoNotes,
  kTooFewNotes,
  kTooManyNotes,
  kTooManyBars,
  kOneNote,
  kBrokenMeters,
  kTooDense,
  kDrones,
  kSilence,
  kDuplicate,
  kNearDuplicate,
  kHeldOutVersion,
};
inline constexpr int kDropCount = 14;
/// In words, as counted in the manifest.
std::string_view drop_name(Drop drop);

struct Quality {
  double top_pitch_share = 0;  // of all notes, those of the commonest pitch
  double notes_per_second = 0;
  double sounding = 0;       // pitched notes at once, mean from the first onset to the last end
  double silent_bars = 0;    // share of the bars in which no note begins
  std::size_t cut_bars = 0;  // that a meter change inside them cuts short
  double cut_share = 0;      // of all bars
};
/// Precondition: the score has notes. Bars beyond `max_bars` are not measured.
Quality measure_quality(const Score& score, std::size_t max_bars);

/// The first reason against a piece of this quality.
Drop judge(const Quality& quality, const QualityLimits& limits);

}  // namespace sage
