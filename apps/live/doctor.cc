// sage-music doctor: what of this machine is ready for music, and how to get the rest.
#include <filesystem>
#include <sstream>

#include "apps/live/devices.h"
#include "apps/shared/cli.h"
#include "apps/shared/machine.h"
#include "apps/shared/model_choice.h"
#include "kernels/kernel_table.h"
#include "live/clock.h"
#include "live/ports/midi_ports.h"
#ifdef SAGE_SYNTH
#include "synth/live_synth.h"
#include "synth/wav.h"
#endif

namespace sage::cli {
namespace {

void ready(const std::string& what, const std::string& is) { say("ok       " + what + ": " + is); }
void missing(const std::string& what, const std::string& advice) {
  say("missing  " + what + ": " + advice);
}

void look_at_processor() {
  const auto kernels = select_kernels();
  if (kernels)
    ready("processor", machine_name() + "; instruction set " + std::string((*kernels)->name));
  else
    missing("processor", to_string(kernels.error()));
}

void look_at_models() {
  const auto found = default_model();
  if (!found) return missing("model", to_string(found.error()));
  std::string names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(found->parent_path(), ignored))
    if (entry.path().extension() == ".safetensors")
      names += (names.empty() ? "" : ", ") + entry.path().stem().string();
  ready("models", names + " in " + found->parent_path().string());
}

void look_at_sound() {
#ifdef SAGE_SYNTH
  const auto font = find_sound_font();
  if (font)
    ready("sound font", font->string());
  else
    missing("sound font", to_string(font.error()));
  const auto synth = LiveSynth::create({});
  if (synth)
    ready("sound output",
          (*synth)->output() + ", " + fixed((*synth)->delay_ms(), 1) + " ms of buffers");
  else
    missing("sound output",
            to_string(synth.error()) +
                "; on a desktop, start PipeWire or PulseAudio, or give your user the "
                "group audio for ALSA");
#else
  missing("sound", "this build has no FluidSynth: install libfluidsynth-dev and build again");
#endif
}

void look_at_midi() {
  const auto systems = live::list_midi_ports();
  if (systems.empty())
    return missing("MIDI", "this build has no ports: install librtmidi-dev and build again");
  for (const live::MidiPorts& system : systems) {
    if (!system.problem.empty()) {
      missing("MIDI, " + system.system,
              system.problem +
                  (system.system == "ALSA" ? " (modprobe snd-seq)" : " (start its server)"));
      continue;
    }
    std::string ports;
    for (const std::string& port : system.inputs) ports += "\n           in   " + port;
    for (const std::string& port : system.outputs) ports += "\n           out  " + port;
    ready("MIDI, " + system.system, ports.empty() ? "no ports but our own" : ports);
  }
}

void look_at_time() {
  if (live::may_have_real_time_priority())
    ready("real-time priority", "notes are sent with it");
  else
    missing("real-time priority",
            "notes are less steady while other programs work; give your user rtprio in "
            "/etc/security/limits.conf");
}

}  // namespace

void add_doctor(Cli& cli) {
  add_command(cli.app, cli, "doctor",
              "What of this machine is ready for playing, and what is missing",
              "  sage-music doctor", []() -> Result<void> {
                start_no_servers();
                look_at_processor();
                look_at_models();
                look_at_sound();
                look_at_midi();
                look_at_time();
                return {};
              });
}

}  // namespace sage::cli
