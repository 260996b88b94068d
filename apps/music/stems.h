// A file for each part of a piece, for mixing.
#pragma once

#include <string>

#include "base/error.h"
#include "midi/document.h"

namespace sage::cli {

struct StemOutputs {
  std::string wav, midi;   // folders; empty: not wanted
  std::string sound_font;  // empty: found by itself

  bool wanted() const { return !wav.empty() || !midi.empty(); }
};

/// Writes the stems of the parts that have notes into the folders, which are made where they are
/// missing: "01-Flute.wav". The WAV files are as long and as loud as in "mix.wav" beside them, so
/// that they add up to it.
Result<void> write_stems(const midi::Document& document, const StemOutputs& outputs);

}  // namespace sage::cli
