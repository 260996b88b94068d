// Pitches and drum keys as people write them: "C4" (middle C, 60), "F#2", "Bb-1"; "kick", "snare".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sage {

/// A letter, accidentals and an octave, or a number 0..127.
std::optional<int> pitch_from_name(std::string_view text);
/// "C4", with sharps. Precondition: 0 <= pitch <= 127.
std::string pitch_name(int pitch);

/// A key of the General MIDI drum kit: a number 0..127, its General MIDI name, or a common short
/// word ("kick", "snare", "hihat", "ride"). Case, spaces and punctuation do not matter.
std::optional<int> drum_from_name(std::string_view text);
/// Its General MIDI name, or its number where it has none.
std::string drum_name(int key);

}  // namespace sage
