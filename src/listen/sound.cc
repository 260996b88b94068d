#include "listen/sound.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <string_view>

namespace sage {
namespace {

constexpr std::size_t kHeader = 44;
constexpr double kPi = std::numbers::pi;

std::uint32_t little(std::span<const std::uint8_t> bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = size; i-- > 0;) value = value << 8 | bytes[at + static_cast<std::size_t>(i)];
  return value;
}

void put(std::vector<std::uint8_t>& out, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put(std::vector<std::uint8_t>& out, std::string_view text) {
  out.insert(out.end(), text.begin(), text.end());
}

struct Biquad {
  double b0, b1, b2, a1, a2;
};

/// The two stages of K-weighting at any rate: the standard's analogue prototypes through the
/// bilinear transform, with the constants of De Man, "Evaluation of implementations of the
/// EBU R128 loudness measurement" (2018); at 48 kHz they give the coefficients that BS.1770 prints.
Biquad shelf(double rate) {
  const double k = std::tan(kPi * 1681.974450955533 / rate), q = 0.7071752369554196;
  const double vh = std::pow(10.0, 3.999843853973347 / 20), vb = std::pow(vh, 0.4996667741545416);
  const double a0 = 1 + k / q + k * k;
  return {(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0,
          2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0};
}

Biquad high_pass(double rate) {
  const double k = std::tan(kPi * 38.13547087602444 / rate), q = 0.5003270373238773;
  const double a0 = 1 + k / q + k * k;
  return {1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0};
}

std::vector<double> filtered(const std::vector<double>& in, const Biquad& f) {
  std::vector<double> out(in.size());
  double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double y = f.b0 * in[i] + f.b1 * x1 + f.b2 * x2 - f.a1 * y1 - f.a2 * y2;
    x2 = x1, x1 = in[i], y2 = y1, y1 = y;
    out[i] = y;
  }
  return out;
}

/// The power of each block, both channels together.
std::vector<double> block_powers(const Sound& sound) {
  const auto step = static_cast<std::size_t>(sound.rate / 10);
  const std::size_t steps = sound.left.size() / step;
  std::vector<double> tenths(steps, 0.0);
  for (const auto* channel : {&sound.left, &sound.right}) {
    const std::vector<double> weighted = filtered(
        filtered({channel->begin(), channel->end()}, shelf(sound.rate)), high_pass(sound.rate));
    for (std::size_t s = 0; s < steps; ++s)
      for (std::size_t i = s * step; i < (s + 1) * step; ++i)
        tenths[s] += weighted[i] * weighted[i];
  }
  std::vector<double> blocks;
  for (std::size_t s = 0; s + 4 <= steps; ++s)
    blocks.push_back((tenths[s] + tenths[s + 1] + tenths[s + 2] + tenths[s + 3]) /
                     (4 * static_cast<double>(step)));
  return blocks;
}

double lufs_of(double power) { return -0.691 + 10 * std::log10(power); }

/// The mean of the powers above the gate; 0 where there are none.
double gated_mean(const std::vector<double>& powers, double gate_lufs) {
  double sum = 0, count = 0;
  for (const double power : powers)
    if (power > 0 && lufs_of(power) > gate_lufs) sum += power, count += 1;
  return count > 0 ? sum / count : 0;
}

constexpr int kPhases = 4, kHalf = 12;  // taps on either side

/// Hann-windowed sinc for the point `phase` / 4 after a sample.
std::vector<double> interpolator(int phase) {
  std::vector<double> taps;
  double sum = 0;
  for (int i = 1 - kHalf; i <= kHalf; ++i) {
    const double x = i - static_cast<double>(phase) / kPhases;
    const double sinc = x == 0 ? 1 : std::sin(kPi * x) / (kPi * x);
    taps.push_back(sinc * (0.5 + 0.5 * std::cos(kPi * x / kHalf)));
    sum += taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

double channel_peak(const std::vector<float>& samples) {
  double peak = 0;
  for (const float x : samples) peak = std::max(peak, static_cast<double>(std::abs(x)));
  const auto size = static_cast<std::ptrdiff_t>(samples.size());
  for (int phase = 1; phase < kPhases; ++phase) {
    const std::vector<double> taps = interpolator(phase);
    for (std::ptrdiff_t at = 0; at < size; ++at) {
      double sum = 0;
      for (int i = 1 - kHalf; i <= kHalf; ++i)
        if (at + i >= 0 && at + i < size)
          sum += taps[static_cast<std::size_t>(i + kHalf - 1)] *
                 static_cast<double>(samples[static_cast<std::size_t>(at + i)]);
      peak = std::max(peak, std::abs(sum));
    }
  }
  return peak;
}

}  // namespace

Result<Sound> read_wav(std::span<const std::uint8_t> bytes) {
  const auto has = [&](std::size_t at, std::string_view word) {
    return bytes.size() >= at + 4 && std::memcmp(bytes.data() + at, word.data(), 4) == 0;
  };
  if (bytes.size() < kHeader || !has(0, "RIFF") || !has(8, "WAVE") || !has(12, "fmt ") ||
      !has(36, "data"))
    return fail(ErrorCode::kMalformed, "not a plain WAV file");
  if (little(bytes, 20, 2) != 1 || little(bytes, 22, 2) != 2 || little(bytes, 34, 2) != 16)
    return fail(ErrorCode::kUnsupported, "not 16-bit stereo");
  Sound sound;
  sound.rate = static_cast<int>(little(bytes, 24, 4));
  if (sound.rate < 8000 || sound.rate > 192'000)
    return fail(ErrorCode::kUnsupported, "not a sample rate of 8 to 192 kHz");
  const std::size_t size = std::min<std::size_t>(little(bytes, 40, 4), bytes.size() - kHeader);
  for (std::size_t at = kHeader; at + 4 <= kHeader + size; at += 4) {
    sound.left.push_back(static_cast<std::int16_t>(little(bytes, at, 2)) / 32768.0f);
    sound.right.push_back(static_cast<std::int16_t>(little(bytes, at + 2, 2)) / 32768.0f);
  }
  return sound;
}

std::vector<std::uint8_t> wav_bytes(const Sound& sound) {
  const auto size = static_cast<std::uint32_t>(sound.left.size() * 4);
  const auto rate = static_cast<std::uint32_t>(sound.rate);
  std::vector<std::uint8_t> out;
  out.reserve(kHeader + size);
  put(out, "RIFF"), put(out, 36 + size, 4), put(out, "WAVEfmt "), put(out, 16, 4);
  put(out, 1, 2), put(out, 2, 2), put(out, rate, 4), put(out, rate * 4, 4);
  put(out, 4, 2), put(out, 16, 2), put(out, "data"), put(out, size, 4);
  for (std::size_t i = 0; i < sound.left.size(); ++i)
    for (const float x : {sound.left[i], sound.right[i]}) {
      const long value = std::clamp(std::lround(x * 32768.0f), -32768L, 32767L);
      put(out, static_cast<std::uint16_t>(value), 2);
    }
  return out;
}

Sound cut_sound(Sound sound, double seconds, double fade_seconds) {
  const auto frames = static_cast<std::size_t>(std::lround(seconds * sound.rate));
  const auto in = std::min(frames, static_cast<std::size_t>(sound.rate / 200));
  const auto out =
      std::min(frames, static_cast<std::size_t>(std::lround(fade_seconds * sound.rate)));
  for (auto* channel : {&sound.left, &sound.right}) {
    channel->resize(frames, 0.0f);
    for (std::size_t i = 0; i < in; ++i)
      (*channel)[i] *= static_cast<float>(i) / static_cast<float>(in);
    for (std::size_t i = 0; i < out; ++i)
      (*channel)[frames - 1 - i] *= static_cast<float>(i) / static_cast<float>(out);
  }
  return sound;
}

double loudness_lufs(const Sound& sound) {
  const std::vector<double> powers = block_powers(sound);
  const double loud = gated_mean(powers, -70);
  if (loud == 0) return -std::numeric_limits<double>::infinity();
  return lufs_of(gated_mean(powers, std::max(-70.0, lufs_of(loud) - 10)));
}

double true_peak(const Sound& sound) {
  return std::max(channel_peak(sound.left), channel_peak(sound.right));
}

double common_loudness(std::span<const Sound> sounds, double target_lufs, double ceiling_dbtp) {
  for (const Sound& sound : sounds) {
    const double lufs = loudness_lufs(sound);
    if (!std::isfinite(lufs)) continue;
    const double room = ceiling_dbtp - 20 * std::log10(true_peak(sound));
    target_lufs = std::min(target_lufs, lufs + room);
  }
  return target_lufs;
}

void set_loudness(Sound& sound, double lufs) {
  const double now = loudness_lufs(sound);
  if (!std::isfinite(now)) return;
  const auto gain = static_cast<float>(std::pow(10.0, (lufs - now) / 20));
  for (auto* channel : {&sound.left, &sound.right})
    for (float& x : *channel) x *= gain;
}

}  // namespace sage
