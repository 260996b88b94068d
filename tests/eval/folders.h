// Folders of small pieces for the tests of the benchmark.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/random.h"
#include "eval/scoring.h"
#include "midi/writer.h"
#include "score/transform.h"

namespace sage::test {

/// A fresh folder that goes when the object does.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sage-eval-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Random melody, bass and drums over `bars` bars of 4/4, another one for each seed.
inline Score random_song(std::uint64_t seed, int bars = 8) {
  Random random(seed);
  Score score;
  score.tracks.resize(3);
  score.tracks[1].program = 33;
  score.tracks[2].is_drum = true;
  for (int bar = 0; bar < bars; ++bar) {
    const Tick start{1920 * bar};
    for (int i = 0; i < 8; ++i)
      if (random.below(3) > 0)
        score.tracks[0].notes.push_back({start + Tick{240 * i}, Tick{120 + 120 * random.below(3)},
                                         static_cast<std::uint8_t>(60 + random.below(20)), 80});
    score.tracks[1].notes.push_back(
        {start, Tick{1800}, static_cast<std::uint8_t>(36 + random.below(12)), 80});
    for (int i = 0; i < 4; ++i)
      score.tracks[2].notes.push_back({start + Tick{480 * i}, Tick{60}, 36, 100});
  }
  normalise(score);
  return score;
}

/// Songs a, b, c ... in a separate folder; `change` may alter each before it is written.
template <class Change>
void write_songs(const std::filesystem::path& folder, int count, const Change& change) {
  for (int i = 0; i < count; ++i) {
    Score score = random_song(static_cast<std::uint64_t>(i) + 1);
    change(score, i);
    const std::string name(1, static_cast<char>('a' + i));
    (void)write_midi_file(score, folder / (name + ".mid"));
  }
}
inline void write_songs(const std::filesystem::path& folder, int count) {
  write_songs(folder, count, [](Score&, int) {});
}

inline SystemFiles system_at(const std::filesystem::path& folder, const std::string& name) {
  return {name, folder, list_folder(folder).value()};
}

inline bool go_on(std::size_t, std::size_t) { return true; }

}  // namespace sage::test
