#include "apps/shared/render_outputs.h"

#include "apps/shared/music_file.h"
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

Result<void> check_names(const RenderOutputs& outputs) {
  if (!outputs.wav.empty())
    if (auto ok = check_sound_name(outputs.wav); !ok) return ok;
  return outputs.svg.empty() ? Result<void>() : check_picture_name(outputs.svg);
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

namespace {

Result<void> write_picture(const Score& score, const RenderOutputs& outputs) {
  return outputs.svg.empty() ? Result<void>() : write_text(outputs.svg, piano_roll_svg(score));
}

template <class Music>
Result<void> write_sound(const Music& music, const RenderOutputs& outputs) {
  if (outputs.wav.empty()) return {};
  install_stop_handler();
  auto done =
      render_wav(music, outputs.wav, {.sound_font = outputs.sound_font, .stop = &stop_requested()});
  if (!done) return tl::unexpected(done.error());
  return {};
}

}  // namespace

Result<void> write_renderings(const Score& score, const RenderOutputs& outputs) {
  if (auto done = write_picture(score, outputs); !done) return done;
  return write_sound(score, outputs);
}

Result<void> write_renderings(const midi::Document& document, const RenderOutputs& outputs) {
  if (auto done = write_picture(document.music().score, outputs); !done) return done;
  return write_sound(document, outputs);
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

Result<void> write_renderings(const midi::Document&, const RenderOutputs& outputs) {
  return check_renderings(outputs);
}

#endif

Result<void> write_renderings(const std::vector<std::uint8_t>& midi, const RenderOutputs& outputs) {
  if (outputs.wav.empty() && outputs.svg.empty()) return {};
  const auto document = midi::Document::read(midi);
  if (!document) return tl::unexpected(document.error());
  return write_renderings(*document, outputs);
}

}  // namespace sage::cli
