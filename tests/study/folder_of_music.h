// A folder with a few pieces of each kind of music in a study.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "midi/writer.h"
#include "tokens/merges.h"

namespace sage::test {

/// Eight bars of chords at 480 ticks a quarter; few enough notes a piano score has.
inline Score piano_score(std::uint64_t seed) {
  Random random(seed);
  Score score;
  score.ticks_per_quarter = 480;
  score.tracks.resize(1);
  for (std::int64_t i = 0; i < 32; ++i)
    for (const std::uint32_t step : {0U, 4U, 7U})
      score.tracks[0].notes.push_back(
          {{480 * i}, {480}, static_cast<std::uint8_t>(48 + random.below(12) + step), 80});
  normalise(score);
  return score;
}

/// The same, played: no onset where a score has it.
inline Score piano_performance(std::uint64_t seed) {
  Score score = piano_score(seed);
  Random random(seed);
  for (Note& note : score.tracks[0].notes)
    note.onset += Tick{8 + static_cast<std::int64_t>(random.below(40))};
  normalise(score);
  return score;
}

class FolderOfMusic {
 public:
  static constexpr std::size_t kPieces = 8;  // of each kind

  FolderOfMusic() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) /
            (std::string("sage_study_") + info->test_suite_name() + "_" + info->name());
    std::filesystem::remove_all(path_);
    for (std::size_t i = 0; i < kPieces; ++i) {
      write("score", i, piano_score(i));
      write("performance", i, piano_performance(i));
      write("band", i, band_score(i));
    }
  }
  ~FolderOfMusic() { std::filesystem::remove_all(path_); }
  FolderOfMusic(const FolderOfMusic&) = delete;
  FolderOfMusic& operator=(const FolderOfMusic&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      if (entry.path().extension() == ".mid") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }

 private:
  void write(const std::string& kind, std::size_t i, const Score& score) const {
    std::filesystem::create_directories(path_);
    ASSERT_TRUE(write_midi_file(score, path_ / (kind + std::to_string(i) + ".mid")).has_value());
  }

  std::filesystem::path path_;
};

}  // namespace sage::test
