// A little made-up music on disk, prepared for training.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/random.h"
#include "data/prepare.h"
#include "midi/writer.h"

namespace sage::test {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() /
            (std::string("sage_") + info->test_suite_name() + "_" + info->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// `bars` bars of piano quavers and, if asked, a drum beat.
inline Score small_piece(std::uint64_t seed, int bars, bool drums = false) {
  Random random(seed);
  Score score;
  score.ticks_per_quarter = 480;
  score.tempos = {{Tick{0}, 500'000}};
  score.meters = {{Tick{0}, {4, 4}}};
  Track piano;
  for (int i = 0; i < 8 * bars; ++i)
    piano.notes.push_back({Tick{240} * i, Tick{240},
                           static_cast<std::uint8_t>(55 + random.below(24)), kDefaultVelocity});
  score.tracks.push_back(piano);
  if (drums) {
    Track beat;
    beat.is_drum = true;
    for (int i = 0; i < 4 * bars; ++i)
      beat.notes.push_back({Tick{480} * i, Tick{120},
                            static_cast<std::uint8_t>(i % 2 == 0 ? 36 : 38), kDefaultVelocity});
    score.tracks.push_back(beat);
  }
  return score;
}

inline void write_piece(const std::filesystem::path& path, const Score& score) {
  ASSERT_TRUE(write_midi_file(score, path));
}

/// Prepares `pieces` small pieces below `folder`/data, one more for validation.
inline void prepare_small(const TemporaryFolder& folder, int pieces,
                          const TokenizerConfig& tokenizer = {}) {
  std::filesystem::create_directories(folder / "midi");
  std::filesystem::create_directories(folder / "held");
  for (int i = 0; i < pieces; ++i)
    write_piece(folder / "midi" / ("piece" + std::to_string(i) + "x.mid"),
                small_piece(static_cast<std::uint64_t>(i + 1), 6, i % 2 == 1));
  write_piece(folder / "held" / "held.mid", small_piece(99, 6));
  PrepareOptions options;
  options.sources = {folder / "midi"};
  options.validation = {folder / "held"};
  options.output = folder / "data";
  options.tokenizer = tokenizer;
  const auto prepared = prepare(options);
  ASSERT_TRUE(prepared) << to_string(prepared.error());
}

}  // namespace sage::test
