#include "apps/shared/render_outputs.h"

#include "base/file.h"
#ifdef SAGE_SYNTH
#include "synth/piano_roll.h"
#include "synth/wav.h"
#endif

namespace sage::cli {

void add_rendering_options(CLI::App& command, RenderOutputs& outputs) {
  CLI::Option* wav = command.add_option("--wav", outputs.wav, "WAV file to write");
  command.add_option("--svg", outputs.svg, "SVG piano roll to write");
  command.add_option("--sound-font", outputs.sound_font, "sound font (SF2) for the WAV file")
      ->needs(wav);
}

#ifdef SAGE_SYNTH

Result<void> check_renderings(const RenderOutputs& outputs) {
  for (const std::string& path : {outputs.wav, outputs.svg})
    if (!path.empty())
      if (auto ok = check_writable(path); !ok) return ok;
  if (!outputs.wav.empty() && outputs.sound_font.empty())
    if (auto found = find_sound_font(); !found) return tl::unexpected(found.error());
  return {};
}

Result<void> write_renderings(const Score& score, const RenderOutputs& outputs) {
  if (!outputs.svg.empty())
    if (auto done = write_text(outputs.svg, piano_roll_svg(score)); !done) return done;
  if (!outputs.wav.empty()) {
    auto done = render_wav(score, outputs.wav, {.sound_font = outputs.sound_font});
    if (!done) return tl::unexpected(done.error());
  }
  return {};
}

#else

Result<void> check_renderings(const RenderOutputs& outputs) {
  if (outputs.svg.empty() && outputs.wav.empty()) return {};
  return fail(
      ErrorCode::kUnsupported,
      "this program was built without FluidSynth and cannot render; build with SAGE_SYNTH=ON");
}

Result<void> write_renderings(const Score&, const RenderOutputs& outputs) {
  return check_renderings(outputs);
}

#endif

}  // namespace sage::cli
