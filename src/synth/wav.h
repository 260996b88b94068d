// A score as sound: a WAV file, rendered with FluidSynth and a General MIDI sound font.
//
// Not for live play: renders as fast as the processor can. Nothing of FluidSynth shows in this
// header.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "midi/document.h"
#include "score/score.h"

namespace sage {

/// The best General MIDI sound font in the usual places of Debian; the error names the package.
Result<std::filesystem::path> find_sound_font();

struct WavOptions {
  std::filesystem::path sound_font = {};  // empty: find_sound_font()
  int sample_rate = 44'100;               // Hz, 8,000 to 96,000
  double peak_dbfs = -1.0;                // the loudest sample is brought to this level; at most 0
  /// On all samples, which are clipped at full scale; none: what brings them to peak_dbfs.
  std::optional<double> gain = std::nullopt;
  double least_seconds = 0;                 // before the tail, where the music is shorter
  double tail_seconds = 2.0;                // after the last note; fades out in its second half
  double max_seconds = 4 * 3600.0;          // longer music is refused (kLimit)
  const std::atomic<bool>* stop = nullptr;  // true: kInterrupted
};

struct WavInfo {
  double seconds = 0;  // of sound, tail included
  double peak = 0;     // of the samples written, 0..1 of full scale
  double gain = 0;     // that was used
};

/// Renders the score to a 16-bit stereo WAV file; `path` holds its old content or all of the new.
///
/// Tempo map, programs, drum kits, controls (sustain pedal too), bends and pressures are honoured;
/// each track has its own channel. Events fall on sample frames, which FluidSynth takes up at
/// the next of its 64-frame periods. One score gives the same bytes each time. A score without
/// notes gives `tail_seconds` of silence.
Result<WavInfo> render_wav(const Score& score, const std::filesystem::path& path,
                           const WavOptions& options = {});

/// The same of a MIDI file as players hear it: its events in their order, channels shared by tracks
/// as in the file, banks, bend ranges.
Result<WavInfo> render_wav(const midi::Document& document, const std::filesystem::path& path,
                           const WavOptions& options = {});

}  // namespace sage
