#include "synth/live_synth.h"

#include <fluidsynth.h>

#include <algorithm>
#include <array>

#include "base/hush.h"
#include "base/spsc_queue.h"
#include "synth/wav.h"

namespace sage {
namespace {

constexpr std::size_t kRoom = 4096;  // messages
constexpr int kPeriod = 128;         // frames
constexpr int kPeriods = 3;
constexpr const char* kOutputs[] = {"pipewire", "pulseaudio", "alsa", "jack"};

struct Message {
  std::array<std::uint8_t, 3> bytes{};
};

struct DeleteSettings {
  void operator()(fluid_settings_t* settings) const { delete_fluid_settings(settings); }
};
struct DeleteSynth {
  void operator()(fluid_synth_t* synth) const { delete_fluid_synth(synth); }
};
struct DeleteDriver {
  void operator()(fluid_audio_driver_t* driver) const { delete_fluid_audio_driver(driver); }
};

void be_quiet() {
  for (const int level : {FLUID_PANIC, FLUID_ERR, FLUID_WARN, FLUID_INFO, FLUID_DBG})
    fluid_set_log_function(level, nullptr, nullptr);
}

void apply(fluid_synth_t* synth, const Message& message) {
  const int channel = message.bytes[0] & 0x0f, a = message.bytes[1], b = message.bytes[2];
  switch (message.bytes[0] & 0xf0) {
    case 0x80:
      fluid_synth_noteoff(synth, channel, a);
      break;
    case 0x90:
      fluid_synth_noteon(synth, channel, a, b);
      break;
    case 0xb0:
      fluid_synth_cc(synth, channel, a, b);
      break;
    case 0xc0:
      fluid_synth_program_change(synth, channel, a);
      break;
    case 0xe0:
      fluid_synth_pitch_bend(synth, channel, a + 128 * b);
      break;
    default:
      break;
  }
}

}  // namespace

struct LiveSynth::Parts {
  SpscQueue<Message> queue{kRoom};
  std::string output;
  double sample_rate = 44'100;
  std::unique_ptr<fluid_settings_t, DeleteSettings> settings;
  std::unique_ptr<fluid_synth_t, DeleteSynth> synth;
  std::unique_ptr<fluid_audio_driver_t, DeleteDriver> driver;  // the first to go

  /// Called by the sound output's thread for every period.
  static int render(void* self, int frames, int effects, float** effect, int channels,
                    float** out) {
    auto& parts = *static_cast<Parts*>(self);
    Message message;
    while (parts.queue.pop(message)) apply(parts.synth.get(), message);
    for (int i = 0; i < channels; ++i) std::fill_n(out[i], frames, 0.0F);
    for (int i = 0; i < effects; ++i) std::fill_n(effect[i], frames, 0.0F);
    return fluid_synth_process(parts.synth.get(), frames, effects, effect, channels, out);
  }
};

LiveSynth::LiveSynth(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LiveSynth::~LiveSynth() = default;

std::vector<std::string> sound_outputs() {
  be_quiet();
  const Hush hush;
  const std::unique_ptr<fluid_settings_t, DeleteSettings> settings(new_fluid_settings());
  std::vector<std::string> there;
  fluid_settings_foreach_option(
      settings.get(), "audio.driver", &there, [](void* list, const char*, const char* option) {
        static_cast<std::vector<std::string>*>(list)->emplace_back(option);
      });
  std::vector<std::string> preferred;
  for (const char* name : kOutputs)
    if (std::find(there.begin(), there.end(), name) != there.end()) preferred.emplace_back(name);
  return preferred;
}

Result<std::unique_ptr<LiveSynth>> LiveSynth::create(const Options& options) {
  std::filesystem::path font = options.sound_font;
  if (font.empty()) {
    auto found = find_sound_font();
    if (!found) return tl::unexpected(found.error());
    font = *std::move(found);
  }
  const std::vector<std::string> outputs =
      options.output.empty() ? sound_outputs() : std::vector<std::string>{options.output};
  be_quiet();
  const Hush hush;
  std::string tried;
  for (const std::string& output : outputs) {
    tried += (tried.empty() ? "" : ", ") + output;
    auto parts = std::make_unique<Parts>();
    parts->output = output;
    parts->settings.reset(new_fluid_settings());
    fluid_settings_t* settings = parts->settings.get();
    fluid_settings_setstr(settings, "audio.driver", output.c_str());
    fluid_settings_setint(settings, "audio.period-size", kPeriod);
    fluid_settings_setint(settings, "audio.periods", kPeriods);
    fluid_settings_setint(settings, "audio.jack.autoconnect", 1);
    fluid_settings_setint(settings, "synth.threadsafe-api",
                          0);  // one thread uses it, once it sounds
    fluid_settings_setnum(settings, "synth.gain", options.gain);
    fluid_settings_getnum(settings, "synth.sample-rate", &parts->sample_rate);
    parts->synth.reset(new_fluid_synth(settings));
    if (!parts->synth) continue;
    if (fluid_synth_sfload(parts->synth.get(), font.c_str(), 1) == FLUID_FAILED)
      return fail(ErrorCode::kIo, font.string() + ": not a sound font that can be read");
    parts->driver.reset(new_fluid_audio_driver2(settings, &Parts::render, parts.get()));
    if (parts->driver) return std::unique_ptr<LiveSynth>(new LiveSynth(std::move(parts)));
  }
  return fail(ErrorCode::kIo, "no sound output works here (tried " + tried + ")");
}

bool LiveSynth::send(std::span<const std::uint8_t> message) noexcept {
  Message copy;
  std::copy_n(message.begin(), std::min(message.size(), copy.bytes.size()), copy.bytes.begin());
  return parts_->queue.push(copy);
}

const std::string& LiveSynth::output() const { return parts_->output; }

double LiveSynth::delay_ms() const { return 1e3 * kPeriod * kPeriods / parts_->sample_rate; }

}  // namespace sage
