#include "synth/wav.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "base/file.h"
#include "midi/stem.h"
#include "midi/writer.h"
#include "score/timeline.h"
#include "synth/small_band.h"

namespace sage {
namespace {

/// A separate folder for each test, removed afterwards.
class Wav : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_sound_font()) GTEST_SKIP() << find_sound_font().error().message;
    folder_ = std::filesystem::temp_directory_path() / ("sage_wav_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  /// The samples of the file, interleaved.
  std::vector<std::int16_t> samples(const std::filesystem::path& path) {
    const auto bytes = read_file(path);
    if (!bytes || bytes->size() < 44) return {};
    std::vector<std::int16_t> values((bytes->size() - 44) / 2);
    std::memcpy(values.data(), bytes->data() + 44, values.size() * 2);
    return values;
  }

  double loudness(const std::vector<std::int16_t>& values, double from, double to) {
    double sum = 0;
    const auto first = static_cast<std::size_t>(from * 44'100) * 2;
    const auto last = std::min(static_cast<std::size_t>(to * 44'100) * 2, values.size());
    for (std::size_t i = first; i < last; ++i) sum += static_cast<double>(values[i]) * values[i];
    return std::sqrt(sum / static_cast<double>(last - first));
  }

  std::filesystem::path folder_;
};

TEST_F(Wav, HasTheRightHeaderLengthAndPeak) {
  const auto path = folder_ / "new" / "band.wav";
  const Score score = test::small_band();
  const auto info = render_wav(score, path);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_NEAR(info->seconds, duration_seconds(score) + 2.0, 0.01);
  EXPECT_NEAR(info->peak, std::pow(10.0, -1.0 / 20.0), 0.001);
  const auto bytes = read_file(path);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(std::memcmp(bytes->data(), "RIFF", 4), 0);
  EXPECT_EQ(std::memcmp(bytes->data() + 8, "WAVEfmt ", 8), 0);
  std::uint32_t data_bytes = 0;
  std::memcpy(&data_bytes, bytes->data() + 40, 4);
  EXPECT_EQ(data_bytes + 44, bytes->size());
  EXPECT_EQ(data_bytes, static_cast<std::uint32_t>(std::lround(info->seconds * 44'100)) * 4);
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "new"))
    EXPECT_EQ(entry.path(), path) << "a temporary file was left behind";
}

TEST_F(Wav, GivesTheSameBytesEachTime) {
  ASSERT_TRUE(render_wav(test::small_band(2), folder_ / "a.wav"));
  ASSERT_TRUE(render_wav(test::small_band(2), folder_ / "b.wav"));
  EXPECT_EQ(*read_file(folder_ / "a.wav"), *read_file(folder_ / "b.wav"));
}

TEST_F(Wav, StemsAddUpToTheMix) {
  const auto document = midi::Document::read(write_midi(test::small_band(2)));
  ASSERT_TRUE(document);
  const auto mix = render_wav(*document, folder_ / "mix.wav");
  ASSERT_TRUE(mix);
  const WavOptions as_in_the_mix = {.gain = mix->gain, .least_seconds = mix->seconds - 2.0};
  const auto whole = samples(folder_ / "mix.wav");
  std::vector<int> sum(whole.size());
  for (std::size_t part = 0; part < document->music().parts.size(); ++part) {
    const auto alone = midi::Document::read(midi::stem(*document, part));
    ASSERT_TRUE(alone);
    ASSERT_TRUE(render_wav(*alone, folder_ / "stem.wav", as_in_the_mix));
    const auto values = samples(folder_ / "stem.wav");
    ASSERT_EQ(values.size(), whole.size());
    EXPECT_GT(loudness(values, 0, 2), 100);
    for (std::size_t i = 0; i < whole.size(); ++i) sum[i] += values[i];
  }
  double error = 0, signal = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    error += std::pow(sum[i] - whole[i], 2.0);
    signal += std::pow(whole[i], 2.0);
  }
  EXPECT_LT(std::sqrt(error / signal), 0.01);
}

TEST_F(Wav, PlaysEveryOneOfManyTracks) {
  Score score;
  score.ticks_per_quarter = 480;
  for (int i = 0; i < 40; ++i)  // one after the other, half a second each
    score.tracks.push_back(test::track_of(19, {{Tick{480 * i}, Tick{400}, 60, 100}}));
  ASSERT_TRUE(render_wav(score, folder_ / "many.wav"));
  const auto values = samples(folder_ / "many.wav");
  for (int i = 0; i < 40; ++i) EXPECT_GT(loudness(values, i * 0.5, i * 0.5 + 0.4), 300) << i;
}

TEST_F(Wav, HonoursTheSustainPedal) {
  Score dry;
  dry.ticks_per_quarter = 480;
  dry.tracks.push_back(
      test::track_of(0, {{Tick{0}, Tick{120}, 60, 100}, {Tick{3840}, Tick{120}, 30, 100}}));
  Score held = dry;
  held.tracks[0].controls = {{Tick{0}, 64, 127}};
  ASSERT_TRUE(render_wav(dry, folder_ / "dry.wav"));
  ASSERT_TRUE(render_wav(held, folder_ / "held.wav"));
  EXPECT_GT(loudness(samples(folder_ / "held.wav"), 1.5, 2.5),
            5 * loudness(samples(folder_ / "dry.wav"), 1.5, 2.5));
}

TEST_F(Wav, PlaysDrumsOnAnyTrackAndHonoursBends) {
  const auto render = [&](int program, std::int16_t bend) {
    Score score;
    score.ticks_per_quarter = 480;
    score.tracks.push_back(test::track_of(program, {{Tick{0}, Tick{480}, 38, 100}}));
    if (bend != 0) score.tracks[0].bends = {{Tick{0}, bend}};
    EXPECT_TRUE(render_wav(score, folder_ / "x.wav"));
    return samples(folder_ / "x.wav");
  };
  const auto piano = render(0, 0);
  EXPECT_NE(piano, render(kDrumProgram, 0));
  EXPECT_NE(piano, render(0, 4096));
}

TEST_F(Wav, RendersSilence) {
  const auto info = render_wav(Score{}, folder_ / "silence.wav");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_DOUBLE_EQ(info->seconds, 2.0);
  EXPECT_DOUBLE_EQ(info->peak, 0.0);
}

TEST_F(Wav, RefusesWhatItCannotDo) {
  const Score score = test::small_band(1);
  ASSERT_TRUE(write_text(folder_ / "not_a_font.sf2", "no sound"));
  const auto path = folder_ / "refused.wav";
  EXPECT_FALSE(render_wav(score, path, {.sound_font = folder_ / "not_a_font.sf2"}));
  EXPECT_FALSE(render_wav(score, path, {.sound_font = folder_ / "missing.sf2"}));
  EXPECT_FALSE(render_wav(score, path, {.sample_rate = 1}));
  EXPECT_FALSE(render_wav(score, path, {.max_seconds = 1}));
  EXPECT_FALSE(render_wav(score, folder_));
  EXPECT_FALSE(render_wav(score, folder_ / "not_a_font.sf2" / "x.wav"));
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace sage
