// sage-music render: a MIDI file as sound and as a picture.
#include <memory>

#include "apps/music/stems.h"
#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/music_file.h"
#include "apps/shared/playing_options.h"
#include "apps/shared/render_outputs.h"
#include "midi/writer.h"

namespace sage::cli {
namespace {

struct RenderOptions {
  std::string input;
  std::string feel = "none";
  std::uint64_t seed = 1;
  RenderOutputs outputs;
  StemOutputs stems;
};

/// Stems are parts of a file: one with a feel is written first.
Result<void> render_stems(const RenderOptions& options, const Score& felt) {
  const auto document = midi::Document::read(write_midi(felt));
  if (!document) return tl::unexpected(document.error());
  return write_stems(*document, options.stems);
}

/// A feel moves notes, which only a score can; else the file sounds as players play it.
Result<void> render(const RenderOptions& options, const midi::Document& document) {
  const auto feel = find_feel(options.feel);
  if (!feel) {
    if (auto done = write_renderings(document, options.outputs); !done) return done;
    return options.stems.wanted() ? write_stems(document, options.stems) : Result<void>();
  }
  Score score = document.music().score;
  apply_feel(score, **feel, {.seed = options.seed, .from = {}});
  if (auto done = write_renderings(score, options.outputs); !done) return done;
  return options.stems.wanted() ? render_stems(options, score) : Result<void>();
}

Result<void> act(const RenderOptions& given) {
  RenderOptions options = given;
  options.stems.sound_font = options.outputs.sound_font;
  auto document = read_music(options.input);
  if (!document) return tl::unexpected(document.error());
  if (auto ok = check_renderings(options.outputs); !ok) return ok;
  if (auto done = render(options, *document); !done) return done;
  for (const std::string& path : {options.outputs.wav, options.outputs.svg})
    if (!path.empty()) say("wrote " + path);
  return {};
}

}  // namespace

void add_render(Cli& cli) {
  auto options = std::make_shared<RenderOptions>();
  CLI::App* command = add_command(cli.app, cli, "render", "Render a MIDI file as WAV and SVG",
                                  "  sage-music render song.mid --wav song.wav --svg song.svg\n"
                                  "  sage-music render song.mid --feel swing --wav song.wav\n"
                                  "  sage-music render song.mid --stems for_mixing",
                                  [options] { return act(*options); });
  command->add_option("file", options->input, "MIDI file; - is standard input")->required();
  add_feel_option(*command, options->feel);
  command->add_option("-s,--seed", options->seed, "random seed of the feel")->capture_default_str();
  add_rendering_options(*command, options->outputs);
  command->add_option("--stems", options->stems.wav,
                      "folder for a WAV file of each part, which add up to mix.wav in it");
  command->get_option("--sound-font")->remove_needs(command->get_option("--wav"));
  command->add_option("--midi-stems", options->stems.midi, "folder for a MIDI file of each part");
  check_usage(*command, [options]() -> Result<void> {
    if (options->outputs.wav.empty() && options->outputs.svg.empty() && !options->stems.wanted())
      return fail(ErrorCode::kInvalidArgument,
                  "nothing to render: give --wav, --svg, --stems or --midi-stems");
    if (auto ok = check_names(options->outputs); !ok) return ok;
    return check_apart({options->input, options->outputs.sound_font},
                       {options->outputs.wav, options->outputs.svg});
  });
}

}  // namespace sage::cli
