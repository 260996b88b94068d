// Stems: each part of a file by itself, and nothing of it lost.
#include "midi/stem.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace sage::midi {
namespace {

std::vector<Note> sorted(std::vector<Note> notes) {
  std::sort(notes.begin(), notes.end());
  return notes;
}

TEST(Stem, HasTheNotesOfItsPartAndNoOthers) {
  int stems = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/midi/cases")) {
    const auto document = Document::read_file(entry.path());
    ASSERT_TRUE(document) << entry.path();
    const auto& tracks = document->music().score.tracks;
    for (std::size_t part = 0; part < tracks.size(); ++part) {
      const auto alone = Document::read(stem(*document, part));
      ASSERT_TRUE(alone) << entry.path() << " part " << part;
      std::vector<Note> notes;
      for (const Track& track : alone->music().score.tracks)
        notes.insert(notes.end(), track.notes.begin(), track.notes.end());
      EXPECT_EQ(sorted(notes), sorted(tracks[part].notes)) << entry.path() << " part " << part;
      EXPECT_EQ(alone->music().score.tempos, document->music().score.tempos) << entry.path();
      ++stems;
    }
  }
  EXPECT_GT(stems, 50);
}

}  // namespace
}  // namespace sage::midi
