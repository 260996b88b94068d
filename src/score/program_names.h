// The names of the General MIDI programs: for listings, legends and command lines.
#pragma once

#include <optional>
#include <string_view>

namespace sage {

/// The General MIDI Level 1 name of a program 0..127, "Drums" for kDrumProgram, "Unknown"
/// otherwise.
std::string_view program_name(int program);

/// The program that a person means: a number "0".."128", a General MIDI name, or a common short
/// word
/// ("piano", "bass", "strings", "drums"). Case, spaces and punctuation do not matter.
std::optional<int> program_from_name(std::string_view name);

}  // namespace sage
