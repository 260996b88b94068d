#include "listen/sound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace sage {
namespace {

/// A sine on the left channel, and on the right one too where asked.
Sound sine(double hz, double amplitude, double seconds, bool both, int rate = 48'000) {
  Sound sound{.rate = rate};
  const auto frames = static_cast<std::size_t>(seconds * rate);
  for (std::size_t i = 0; i < frames; ++i) {
    const double x =
        amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate);
    sound.left.push_back(static_cast<float>(x));
    sound.right.push_back(both ? static_cast<float>(x) : 0.0f);
  }
  return sound;
}

TEST(Loudness, TheStandardsOwnTone) {
  // BS.1770-4: 997 Hz at full scale in one front channel is -3.01 LKFS, at any rate.
  for (const int rate : {32'000, 44'100, 48'000})
    EXPECT_NEAR(loudness_lufs(sine(997, 1, 3, false, rate)), -3.01, 0.02) << rate;
  // EBU Tech 3341, case 1: 1 kHz stereo at -23 dBFS is -23 LUFS.
  EXPECT_NEAR(loudness_lufs(sine(1000, std::pow(10.0, -23.0 / 20), 20, true)), -23.0, 0.1);
}

TEST(Loudness, GatesLeaveQuietPartsOut) {
  // EBU Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS is -23 LUFS.
  Sound sound = sine(1000, std::pow(10.0, -36.0 / 20), 10, true);
  const Sound quiet = sound, loud = sine(1000, std::pow(10.0, -23.0 / 20), 60, true);
  for (const Sound* part : {&loud, &quiet}) {
    sound.left.insert(sound.left.end(), part->left.begin(), part->left.end());
    sound.right.insert(sound.right.end(), part->right.begin(), part->right.end());
  }
  EXPECT_NEAR(loudness_lufs(sound), -23.0, 0.1);
  EXPECT_TRUE(std::isinf(loudness_lufs(sine(1000, 0, 1, true))));
}

TEST(TruePeak, LiesBetweenTheSamples) {
  // A quarter of the rate, 45 degrees off: all samples are at 0.707 of the peak.
  Sound sound{.rate = 48'000};
  for (int i = 0; i < 4800; ++i) {
    const double fade = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * i / 4800.0);
    const double x = fade * std::sin(std::numbers::pi * (0.5 * i + 0.25));
    sound.left.push_back(static_cast<float>(x));
    sound.right.push_back(0.0f);
  }
  EXPECT_NEAR(true_peak(sound), 1.0, 0.01);
  EXPECT_EQ(true_peak(sine(100, 0, 1, true)), 0.0);
}

TEST(Matching, AllEquallyLoudBelowTheCeiling) {
  std::vector<Sound> sounds = {sine(500, 0.05, 2, true), sine(3000, 0.01, 2, false)};
  sounds[0].left[40'000] = 1.0f;  // a click, for which all must be quieter
  const double lufs = common_loudness(sounds, -14, -1);
  EXPECT_LT(lufs, -14.0);
  for (Sound& sound : sounds) {
    set_loudness(sound, lufs);
    EXPECT_NEAR(loudness_lufs(sound), lufs, 0.02);
    EXPECT_LE(true_peak(sound), std::pow(10.0, -1.0 / 20) * 1.001);
  }
}

TEST(Wav, ThereAndBack) {
  const Sound sound = sine(440, 0.9, 0.1, false, 22'050);
  const auto bytes = wav_bytes(sound);
  const auto read = read_wav(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rate, 22'050);
  ASSERT_EQ(read->left.size(), sound.left.size());
  for (std::size_t i = 0; i < sound.left.size(); ++i)
    EXPECT_NEAR(read->left[i], sound.left[i], 1.0 / 32768);
  EXPECT_EQ(wav_bytes(*read), bytes);
  EXPECT_FALSE(read_wav(std::span(bytes).first(43)));
  EXPECT_TRUE(read_wav(std::span(bytes).first(50)));  // breaks off: what is there
}

TEST(Cut, IsExactAndFades) {
  const Sound longer = cut_sound(sine(440, 0.9, 3, true), 2, 1);
  EXPECT_EQ(longer.left.size(), 96'000u);
  EXPECT_EQ(longer.left.front(), 0.0f);
  EXPECT_EQ(longer.left.back(), 0.0f);
  const Sound padded = cut_sound(sine(440, 0.9, 1, true), 2, 0.5);
  EXPECT_EQ(padded.right.size(), 96'000u);
  EXPECT_EQ(padded.right[60'000], 0.0f);
}

}  // namespace
}  // namespace sage
