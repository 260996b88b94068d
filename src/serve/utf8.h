// Texts of MIDI files as UTF-8, which JSON wants.
#pragma once

#include <string>
#include <string_view>

namespace sage::serve {

/// The text itself where it is valid UTF-8; else its bytes as Latin-1 characters.
std::string utf8_of(std::string_view text);

}  // namespace sage::serve
