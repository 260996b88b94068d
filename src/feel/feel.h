// A feel: how drummers of some style place and weigh the notes of a bar, as a table that was learnt
// from them, and its application to a score that stands on the grid.
//
// Plain values and pure functions. Knows nothing of files, models or commands.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "score/score.h"

namespace sage {

/// What a drummer plays with. Pitched parts follow one of these: basses the kick, others the
/// hi-hat.
enum class DrumVoice : std::uint8_t { kKick, kSnare, kHat, kCymbal, kTom, kOther };
inline constexpr int kDrumVoiceCount = 6;
std::string_view drum_voice_name(DrumVoice voice);
/// Of a General MIDI drum key.
DrumVoice drum_voice_of(int pitch);

inline constexpr int kFeelSlots = 16;  // sixteenths of a bar of four quarters

struct FeelCell {
  double late_ms = 0;        // median deviation from the grid; below 0: early
  double spread_ms = 0;      // as a standard deviation, from the quartiles
  double accent = 0;         // mean velocity above that of the voice in the same performance
  double accent_spread = 0;  // standard deviation
  int notes = 0;             // that it was learnt from
};

struct Feel {
  std::string name;
  /// Where the second eighth of a quarter begins, as a share of the quarter: 0.5 is straight.
  double offbeat = 0.5;
  double steady = 0;  // correlation of a deviation with that of the onset before
  int performances = 0;
  std::array<std::array<FeelCell, kFeelSlots>, kDrumVoiceCount> cells;

  const FeelCell& cell(DrumVoice voice, int slot) const {
    return cells[static_cast<std::size_t>(voice)][static_cast<std::size_t>(slot)];
  }
  FeelCell& cell(DrumVoice voice, int slot) {
    return cells[static_cast<std::size_t>(voice)][static_cast<std::size_t>(slot)];
  }
};

/// Reads a table (tab-separated, as write_feels() makes it; lines with # are comments).
Result<std::vector<Feel>> read_feels(std::string_view text);
std::string write_feels(std::span<const Feel> feels);

/// The feels of models/feel.tsv, which is compiled in.
const std::vector<Feel>& feels();
/// The error lists the names there are.
Result<const Feel*> find_feel(std::string_view name);

struct FeelOptions {
  std::uint64_t seed = 1;
  Tick from;  // notes before it stay
};

/// Moves the notes of a score on the grid as the feel's drummers would, with seeded variation, and
/// gives their accents to parts whose notes are all equally loud. Swings straight eighths where the
/// feel swings, the meter is not compound and the music is not on triplets already. A score of
/// fewer than 480 ticks a quarter gets more. The same seed gives the same score; no note gets lost.
void apply_feel(Score& score, const Feel& feel, const FeelOptions& options);

}  // namespace sage
