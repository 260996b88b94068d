// Which files are taken for MIDI files where folders are searched.
#pragma once

#include <filesystem>

namespace sage {

/// .mid, .midi, .kar or .rmi, in any case.
bool has_midi_extension(const std::filesystem::path& path);

}  // namespace sage
