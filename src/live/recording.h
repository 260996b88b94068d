// A session as a score: everybody's notes, the band's as they were sent. Pure functions over a
// session that has ended.
#pragma once

#include "live/conductor.h"
#include "score/score.h"

namespace sage::live {

/// Ticks of a quarter note in a recording of a person.
inline constexpr int kRecordingTicks = 480;

/// What a person and the band have played, the person's notes as they came, from the first beat on.
Score recording_of(const Conductor& conductor, const SessionOptions& options, int grid);

/// A file up to `end` (its own ticks) with the band's notes in place of the parts that the band
/// played; the rest as it was. `bpm`: in place of the file's tempi; 0: those.
Score file_with_band(const Score& file, Tick end, double bpm, const Conductor& conductor,
                     const Lineup& lineup, int grid);

}  // namespace sage::live
