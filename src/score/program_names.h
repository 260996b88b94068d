// The names of the General MIDI programs: for listings, legends and command lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sage {

/// The General MIDI Level 1 name of a program 0..127, "Drums" for kDrumProgram, "Unknown"
/// otherwise.
std::string_view program_name(int program);

/// The letters and digits of a name, in lower case: "Fretless Bass" is fretlessbass.
std::string plain_name(std::string_view name);

/// The program that a person means: a number "0".."128", a General MIDI name, or a common short
/// word
/// ("piano", "bass", "strings", "drums"). Case, spaces and punctuation do not matter.
std::optional<int> program_from_name(std::string_view name);

/// All programs that a person can mean by it, the most common first: "bass" is any bass, "Fretless
/// Bass" and 35 are that one. Empty where program_from_name() knows none.
std::vector<int> programs_meant(std::string_view name);

/// The name that was most likely meant by one that is none; empty where none is close.
std::string closest_program_name(std::string_view name);

}  // namespace sage
