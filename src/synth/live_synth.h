// A General MIDI synthesiser that sounds at once, through the sound output of this machine
// (PipeWire, PulseAudio, ALSA, JACK; whatever FluidSynth finds).
//
// One thread sends; the sound output's own thread takes what was sent and renders. The two share a
// queue and nothing else: send() neither allocates nor locks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace sage {

/// The names of the sound outputs that this build of FluidSynth has, the preferred ones first.
std::vector<std::string> sound_outputs();

class LiveSynth {
 public:
  struct Options {
    std::filesystem::path sound_font = {};  // empty: find_sound_font()
    std::string output = {};                // of sound_outputs(); empty: the first that works
    double gain = 0.6;
  };
  /// Errors: no sound font, no sound output that works.
  static Result<std::unique_ptr<LiveSynth>> create(const Options& options);
  ~LiveSynth();
  LiveSynth(const LiveSynth&) = delete;
  LiveSynth& operator=(const LiveSynth&) = delete;

  /// A MIDI channel message. False where there is no room: try again later.
  bool send(std::span<const std::uint8_t> message) noexcept;

  const std::string& output() const;
  /// From a message to its sound, by the sizes of the output's buffers; what follows them is not
  /// known.
  double delay_ms() const;

 private:
  struct Parts;
  explicit LiveSynth(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sage
