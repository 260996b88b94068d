// What the instruments of General MIDI can play: for judging parts, not for refusing them.
#pragma once

#include <cstdint>

namespace sage {

/// Lowest and highest pitch, both playable.
struct PitchRange {
  std::uint8_t low = 0, high = 127;
  bool holds(int pitch) const { return pitch >= low && pitch <= high; }
  friend bool operator==(const PitchRange&, const PitchRange&) = default;
};

/// The range of a good player's instrument for a program 0..127: as it sounds, and where scores
/// commonly write an instrument an octave away from its sound (piccolo, glockenspiel, double bass),
/// as it is written too. Synthesizers, sound effects and untuned percussion have none: 0..127. For
/// kDrumProgram the keys of General MIDI 2's drum sets, 27..87.
PitchRange playable_range(int program);

}  // namespace sage
