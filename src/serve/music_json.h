// Music as JSON, as the page holds it. Times are ticks.
//
//   {"ticks_per_quarter": 480,
//    "tracks": [{"name": "Bass", "program": 33, "part": 2, "volume": 100, "pan": 64,
//                "notes": [[onset, duration, pitch, velocity], ...]}, ...],
//    "tempos": [[tick, microseconds a quarter], ...], "meters": [[tick, 3, 4], ...],
//    "keys": [[tick, sharps, minor], ...], "texts": [[tick, type, "text"], ...]}
//
// program 128 is a drum kit, whichever. `part` says which part of the MIDI file a track came from.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "score/score.h"
#include "serve/fields.h"

namespace sage::serve {

/// Most tracks of a piece, and most that a request may name.
inline constexpr std::size_t kMostTracks = 512;

/// A score, and of each track which part of a document it came from.
struct Music {
  Score score;
  std::vector<std::optional<std::size_t>> parts;
};

inline constexpr int kVolume = 7, kPan = 10;  // controllers

/// A controller's value where a track's notes begin.
std::optional<int> control_at_start(const Track& track, int number);

Json music_json(const Music& music);
/// Errors name the field. Notes come sorted.
Result<Music> music_from_json(const Json& json);

}  // namespace sage::serve
