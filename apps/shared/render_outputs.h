// The files that a score can become, by the options --wav and --svg. In one place, because a build
// without FluidSynth has no sound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/shared/cli.h"
#include "base/error.h"
#include "midi/document.h"
#include "score/score.h"

namespace sage::cli {

struct RenderOutputs {
  std::string wav, svg;    // paths; empty: not wanted
  std::string sound_font;  // empty: found by itself
};

/// --wav, --svg, and --sound-font for the former.
void add_rendering_options(CLI::App& command, RenderOutputs& outputs);

/// Refuses names that promise something else, such as --wav x.mp3.
Result<void> check_names(const RenderOutputs& outputs);

/// Whether what is wanted could be written: for asking before long work.
Result<void> check_renderings(const RenderOutputs& outputs);

/// Writes what is wanted.
Result<void> write_renderings(const Score& score, const RenderOutputs& outputs);
/// The same of a MIDI file, as players hear it.
Result<void> write_renderings(const midi::Document& document, const RenderOutputs& outputs);
Result<void> write_renderings(const std::vector<std::uint8_t>& midi, const RenderOutputs& outputs);

}  // namespace sage::cli
