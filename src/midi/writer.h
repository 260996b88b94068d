// Writes a score as a Standard MIDI File of type 1.
//
// The first chunk holds tempos, time signatures, keys and texts; then each track has a chunk of its
// own, with its program at the start. What read_midi makes of the bytes is the score itself,
// provided that the score is one that a file can hold: normalised, with values in MIDI's ranges, no
// track without any event, and notes of one track and pitch ending in the order in which they
// start. Anything else is brought into range, and is written as near to what it says as a file can.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "score/score.h"

namespace sage {

std::vector<std::uint8_t> write_midi(const Score& score);

/// Writes atomically (base/file.h). Errors: kIo.
Result<void> write_midi_file(const Score& score, const std::filesystem::path& path);

}  // namespace sage
