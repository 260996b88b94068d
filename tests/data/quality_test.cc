#include "data/quality.h"

#include <gtest/gtest.h>

#include "data/small_data.h"
#include "midi/reader.h"
#include "support.h"

namespace sage {
namespace {

using test::small_piece;

Drop judged(const Score& score, const QualityLimits& limits = {}) {
  return judge(measure_quality(score, 4000), limits);
}

TEST(QualityTest, KeepsMusic) {
  EXPECT_EQ(judged(small_piece(1, 8)), Drop::kNone);
  EXPECT_EQ(judged(small_piece(1, 8, true)), Drop::kNone);
}

TEST(QualityTest, OneNoteOverAndOver) {
  Score score = small_piece(1, 8);
  for (std::size_t i = 0; i < 56; ++i) score.tracks[0].notes[i].pitch = 60;
  EXPECT_EQ(judged(score), Drop::kOneNote);
  EXPECT_EQ(judged(score, {.top_pitch_share = 1}), Drop::kNone);
}

TEST(QualityTest, MetersThatChangeInsideBars) {
  Score score = small_piece(1, 8);
  for (int i = 1; i < 10; ++i)  // every 1.5 quarters, off every bar line
    score.meters.push_back({Tick{720 * i}, {static_cast<std::uint8_t>(3 + i % 2), 4}});
  EXPECT_EQ(judged(score), Drop::kBrokenMeters);
  EXPECT_EQ(judged(score, {.cut_bars = 1}), Drop::kNone);
}

TEST(QualityTest, MetersThatChangeAtBarLinesAreMusic) {
  Score score = small_piece(1, 8);
  score.meters.clear();
  std::int64_t at = 0;
  for (int i = 0; at < 8 * 1920; ++i) {  // 3/4 and 4/4 alternating
    const auto quarters = static_cast<std::uint8_t>(3 + i % 2);
    score.meters.push_back({Tick{at}, {quarters, 4}});
    at += 480 * quarters;
  }
  EXPECT_EQ(judged(score), Drop::kNone);
}

TEST(QualityTest, APickupIsMusic) {
  Score score = small_piece(1, 2);
  score.meters = {{Tick{0}, {4, 4}}, {Tick{480}, {4, 4}}};
  const Quality quality = measure_quality(score, 4000);
  EXPECT_EQ(quality.cut_bars, 1u);
  EXPECT_GT(quality.cut_share, 0.25);
  EXPECT_EQ(judge(quality, {}), Drop::kNone);
}

TEST(QualityTest, TooDense) {
  Score score = small_piece(1, 40);
  score.tempos = {{Tick{0}, 10'000}};  // 6000 bpm
  EXPECT_EQ(judged(score), Drop::kTooDense);
  EXPECT_EQ(judged(score, {.notes_per_second = 1000}), Drop::kNone);
}

TEST(QualityTest, NotesLeftHanging) {
  Score score = small_piece(1, 20);
  for (Note& note : score.tracks[0].notes) note.duration = Tick{38'400} - note.onset;
  EXPECT_EQ(judged(score), Drop::kDrones);
  EXPECT_EQ(judged(score, {.sounding = 100}), Drop::kNone);
}

TEST(QualityTest, MostlySilent) {
  Score score = small_piece(1, 4);
  Note last = score.tracks[0].notes.back();
  last.onset += Tick{1920 * 40};
  score.tracks[0].notes.push_back(last);
  EXPECT_EQ(judged(score), Drop::kSilence);
  EXPECT_EQ(judged(score, {.silent_bars = 0.95}), Drop::kNone);
}

TEST(QualityTest, NamesAreApart) {
  std::set<std::string_view> names;
  for (int i = 0; i < kDropCount; ++i) names.insert(drop_name(static_cast<Drop>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kDropCount));
}

// What collections of music hold is kept, all but a few files in ten thousand.
TEST(QualityTest, RealMusicPasses) {
  const auto data = test::data_directory("test_multitrack");
  if (!data) GTEST_SKIP() << "no real music: SAGE_DATA is not set";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*data)) {
    const auto midi = read_midi_file(entry.path());
    if (!midi) continue;
    ++files;
    EXPECT_EQ(judged(midi->score), Drop::kNone) << entry.path();
  }
  EXPECT_GT(files, 50);
}

}  // namespace
}  // namespace sage
