#include "apps/music/stems.h"

#include <cctype>
#include <filesystem>
#include <utility>
#include <vector>

#include "apps/shared/cli.h"
#include "base/file.h"
#include "midi/parts.h"
#include "midi/stem.h"
#ifdef SAGE_SYNTH
#include "synth/wav.h"
#endif

namespace sage::cli {
namespace {

namespace fs = std::filesystem;

struct Stem {
  std::string name;  // of its files, without extension
  std::vector<std::uint8_t> midi;
};

/// The part's title as a file name: letters and digits, else '-'.
std::string stem_name(const MidiRead& music, std::size_t part) {
  std::string name = part < 9 ? "0" : "";
  bool gap = false;
  for (const char c : midi::part_title(music, part)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && byte < 0x80) {
      gap = true;
      continue;
    }
    if (std::exchange(gap, false)) name += '-';
    name += c;
  }
  return name;
}

std::vector<Stem> stems_of(const midi::Document& document) {
  std::vector<Stem> stems;
  const MidiRead& music = document.music();
  for (std::size_t part = 0; part < music.parts.size(); ++part)
    if (!music.score.tracks[part].notes.empty())
      stems.push_back({stem_name(music, part), midi::stem(document, part)});
  return stems;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return {};
  return fail(ErrorCode::kIo, "cannot make the folder " + folder.string() + ": " + error.message());
}

Result<void> write_midi_stems(const std::vector<Stem>& stems, const fs::path& folder) {
  if (auto ok = make_folder(folder); !ok) return ok;
  for (const Stem& stem : stems)
    if (auto ok = write_file(folder / (stem.name + ".mid"), stem.midi); !ok) return ok;
  say("wrote " + std::to_string(stems.size()) + " MIDI files to " + folder.string());
  return {};
}

#ifdef SAGE_SYNTH

Result<void> write_wav_stems(const midi::Document& document, const std::vector<Stem>& stems,
                             const fs::path& folder, const fs::path& sound_font) {
  if (auto ok = make_folder(folder); !ok) return ok;
  install_stop_handler();
  WavOptions options = {.sound_font = sound_font, .stop = &stop_requested()};
  show_progress("the mix");
  const auto mix = render_wav(document, folder / "mix.wav", options);
  if (!mix) return tl::unexpected(mix.error());
  options.gain = mix->gain;
  options.least_seconds = mix->seconds - options.tail_seconds;
  for (std::size_t i = 0; i < stems.size(); ++i) {
    show_progress("part " + std::to_string(i + 1) + " of " + std::to_string(stems.size()));
    const auto alone = midi::Document::read(stems[i].midi);
    if (!alone) return tl::unexpected(alone.error());
    const auto done = render_wav(*alone, folder / (stems[i].name + ".wav"), options);
    if (!done) return tl::unexpected(done.error());
  }
  end_progress();
  say("wrote " + std::to_string(stems.size()) + " WAV files and mix.wav to " + folder.string());
  return {};
}

#else

Result<void> write_wav_stems(const midi::Document&, const std::vector<Stem>&, const fs::path&,
                             const fs::path&) {
  return fail(ErrorCode::kUnsupported,
              "this program was built without FluidSynth and cannot render; build with "
              "SAGE_SYNTH=ON, or ask for --midi-stems");
}

#endif

}  // namespace

Result<void> write_stems(const midi::Document& document, const StemOutputs& outputs) {
  const std::vector<Stem> stems = stems_of(document);
  if (stems.empty()) return fail(ErrorCode::kInvalidArgument, "the file has no notes");
  if (!outputs.midi.empty())
    if (auto ok = write_midi_stems(stems, outputs.midi); !ok) return ok;
  if (!outputs.wav.empty())
    return write_wav_stems(document, stems, outputs.wav, outputs.sound_font);
  return {};
}

}  // namespace sage::cli
