// Sounds in memory: 16-bit stereo WAV in and out, cut to one length, and as loud as each other.
// Knows no music.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace sage {

struct Sound {
  int rate = 44'100;               // Hz
  std::vector<float> left, right;  // equally long, full scale is 1
  double seconds() const { return static_cast<double>(left.size()) / rate; }
};

/// Reads what sage's own renderer writes: RIFF WAV of 16-bit stereo samples.
Result<Sound> read_wav(std::span<const std::uint8_t> bytes);

/// The sound as such a file. Samples beyond full scale are clipped.
std::vector<std::uint8_t> wav_bytes(const Sound& sound);

/// Exactly `seconds` long, padded with silence where it ends earlier; fades in over 5 ms and out
/// over the last `fade_seconds`.
Sound cut_sound(Sound sound, double seconds, double fade_seconds);

/// Integrated loudness in LUFS after ITU-R BS.1770-4:
/// -0.691 + 10 log10(z_left + z_right), where z is the mean square after the K-weighting filter
/// over blocks of 400 ms, 75 % overlapped, of which only those count that are louder than -70 LUFS
/// and louder than 10 LU below the mean of these. Minus infinity for silence.
double loudness_lufs(const Sound& sound);

/// The peak between the samples too, 0 for silence: 4 times oversampled by a windowed sinc, as
/// BS.1770-4, annex 2, asks.
double true_peak(const Sound& sound);

/// The loudness to which all of `sounds` can be brought with no true peak above `ceiling_dbtp`: at
/// most `target_lufs`, less where one of them would go over. Silent ones do not count.
double common_loudness(std::span<const Sound> sounds, double target_lufs, double ceiling_dbtp);

/// Brings the sound to this loudness; silence stays.
void set_loudness(Sound& sound, double lufs);

}  // namespace sage
