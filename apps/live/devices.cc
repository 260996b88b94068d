#include "apps/live/devices.h"

#include <unistd.h>

#include <cstdlib>

#include "live/ports/loopback.h"
#include "live/ports/midi_ports.h"
#ifdef SAGE_SYNTH
#include "synth/live_synth.h"
#endif

namespace sage::cli {
namespace {

constexpr const char* kThroughPort = "Midi Through";  // of ALSA: nobody plays there

#ifdef SAGE_SYNTH
class SynthSink final : public live::Sink {
 public:
  explicit SynthSink(std::unique_ptr<LiveSynth> synth) : synth_(std::move(synth)) {}
  live::Delivery send(const live::Message& message) noexcept override {
    if (!message.is_channel()) return live::Delivery::kSent;
    return synth_->send(message.data()) ? live::Delivery::kSent : live::Delivery::kBusy;
  }

 private:
  std::unique_ptr<LiveSynth> synth_;
};

/// False where there is no sound.
bool use_sound(const std::string& sound_font, JamDevices& devices) {
  start_no_servers();
  auto synth = LiveSynth::create({.sound_font = sound_font});
  if (!synth) {
    devices.description += "no sound: " + synth.error().message;
    return false;
  }
  devices.description += "sound through " + (*synth)->output();
  devices.delay_ms = (*synth)->delay_ms();
  devices.sink = std::make_unique<SynthSink>(*std::move(synth));
  devices.own_sound = true;
  return true;
}
#else
bool use_sound(const std::string&, JamDevices& devices) {
  devices.description += "no sound: this build has no FluidSynth";
  return false;
}
#endif

std::string first_port(bool input) {
  for (const live::MidiPorts& system : live::list_midi_ports())
    for (const std::string& port : input ? system.inputs : system.outputs)
      if (port.find(kThroughPort) == std::string::npos) return port;
  return {};
}

Result<void> use_input(const std::string& port, const live::Clock& clock, JamDevices& devices) {
  auto source = live::open_midi_input(port, clock);
  if (!source) return tl::unexpected(source.error());
  devices.source = *std::move(source);
  devices.description += (port.empty() ? "a MIDI input of our own" : port) + " in, ";
  return {};
}

Result<void> use_output(const std::string& port, JamDevices& devices) {
  auto sink = live::open_midi_output(port);
  if (!sink) return tl::unexpected(sink.error());
  devices.sink = *std::move(sink);
  devices.cable = true;
  devices.description += (port.empty() ? "a MIDI output of our own" : port) + " out";
  return {};
}

/// The named port in both directions, as far as it has both.
Result<void> use_port(const DeviceChoice& choice, const live::Clock& clock, JamDevices& devices) {
  const auto in = choice.simulated ? Result<void>() : use_input(choice.port, clock, devices);
  const auto out = use_output(choice.port, devices);
  if (!in && !out) return in;
  if (!in) return use_input("", clock, devices);
  if (!out && (choice.simulated || !use_sound(choice.sound_font, devices))) return out;
  return {};
}

Result<void> use_what_is_there(const DeviceChoice& choice, const live::Clock& clock,
                               JamDevices& devices) {
  if (!choice.simulated) {
    const std::string port = first_port(true);
    if (!port.empty()) {
      if (auto ok = use_input(port, clock, devices); !ok) return ok;
    } else if (isatty(STDIN_FILENO) != 0) {
      auto keys = std::make_unique<live::TypedKeys>(clock);
      devices.typed = keys.get();
      devices.source = std::move(keys);
      devices.description += "the computer's keyboard (z to / are white and black keys), ";
    } else {
      return fail(ErrorCode::kIo,
                  "no MIDI input and no terminal to play on: connect a keyboard, name a --port, or "
                  "let a file play with --simulate FILE");
    }
  }
  if (use_sound(choice.sound_font, devices)) return {};
  devices.description += "; ";
  const std::string port = first_port(false);
  if (use_output(port, devices)) return {};
  devices.description += "nothing is heard (sage-music doctor says why)";
  devices.sink = std::make_unique<live::Loopback>(clock, false);
  return {};
}

}  // namespace

void start_no_servers() { setenv("JACK_NO_START_SERVER", "1", 0); }

Result<JamDevices> open_devices(const DeviceChoice& choice, const live::Clock& clock) {
  JamDevices devices;
  Result<void> ok;
  if (choice.port == "loopback") {
    if (!choice.simulated) devices.source = std::make_unique<live::Silence>();
    devices.sink = std::make_unique<live::Loopback>(clock, false);
    devices.description = "loopback: nothing is heard";
  } else if (choice.port == "virtual") {
    if (!choice.simulated) ok = use_input("", clock, devices);
    if (ok) ok = use_output("", devices);
  } else if (!choice.port.empty()) {
    ok = use_port(choice, clock, devices);
  } else {
    ok = use_what_is_there(choice, clock, devices);
  }
  if (!ok) return tl::unexpected(ok.error());
  return devices;
}

}  // namespace sage::cli
