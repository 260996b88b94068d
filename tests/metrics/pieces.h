// Small pieces for the tests of metrics.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "metrics/piece.h"
#include "random_music.h"

namespace sage::test {

inline Note note(std::int64_t onset, std::int64_t duration, int pitch) {
  return {Tick{onset}, Tick{duration}, static_cast<std::uint8_t>(pitch)};
}

inline Track part(int program, std::vector<Note> notes) {
  Track track;
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
  track.notes = std::move(notes);
  return track;
}

inline Score score_of(std::vector<Track> tracks, int ticks_per_quarter = kMetricGrid) {
  Score score;
  score.ticks_per_quarter = ticks_per_quarter;
  score.tracks = std::move(tracks);
  return score;
}

inline Piece piece(std::vector<Track> tracks, int ticks_per_quarter = kMetricGrid) {
  return piece_of(score_of(std::move(tracks), ticks_per_quarter)).value();
}

/// A random piece on the grid.
inline Piece any_piece() { return on_grid(*any_score()).value(); }

}  // namespace sage::test
