// Real files: the odd collection file by file, and a sample of the music.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "midi/document.h"
#include "midi/edit.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/timeline.h"
#include "support.h"

namespace sage::test {
namespace {

void expect_round_trip(const MidiRead& read, const std::string& name) {
  const auto again = read_midi(write_midi(read.score));
  ASSERT_TRUE(again) << name;
  EXPECT_TRUE(again->score == read.score) << name;
  EXPECT_EQ(again->warning_count, 0u) << name;
}

struct OddFile {
  std::string name;
  bool readable = false;
  long notes = -1;  // where the manifest tells
  bool damaged = false;
};

std::vector<OddFile> odd_files(const std::filesystem::path& folder) {
  std::vector<OddFile> files;
  std::ifstream manifest(folder / "MANIFEST.tsv");
  std::string line;
  std::getline(manifest, line);
  while (std::getline(manifest, line)) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, '\t');) fields.push_back(field);
    fields.resize(9);
    // Where a track is broken, how much of it can be saved is a matter of opinion.
    files.push_back({fields[0], fields[3] == "1",
                     fields[7].empty() ? -1 : std::atol(fields[7].c_str()),
                     fields[8].find("track_error") != std::string::npos ||
                         fields[8].find("vlq_long") != std::string::npos});
  }
  return files;
}

TEST(MidiData, OddFilesAreReadOrRefusedAsTheManifestSays) {
  const auto folder = data_directory("odd");
  if (!folder) GTEST_SKIP() << "no SAGE_DATA folder with the data set odd";
  for (const OddFile& file : odd_files(*folder)) {
    const auto read = read_midi_file(*folder / file.name);
    if (!read) {
      EXPECT_FALSE(file.readable) << to_string(read.error());
      EXPECT_EQ(read.error().message.find('\n'), std::string::npos);
      continue;
    }
    const long notes = static_cast<long>(note_count(read->score));
    const long expected = file.readable ? file.notes : 0;
    const bool open_ended = file.damaged || expected < 0;
    const long least = file.damaged ? expected * 9 / 10 : expected;
    const long most = open_ended ? std::numeric_limits<long>::max() : expected;
    EXPECT_GE(notes, least) << file.name;
    EXPECT_LE(notes, most) << file.name;
    expect_round_trip(*read, file.name);
  }
}

TEST(MidiData, AnEditOfNothingGivesTheSameBytes) {
  std::size_t count = 0;
  for (const char* set : {"odd", "test_multitrack", "test_piano", "valid_clean", "train_clean"}) {
    const auto folder = data_directory(set);
    if (!folder) continue;
    for (const auto& path : midi_files(*folder)) {
      const auto file = read_file(path, MidiLimits().max_bytes);
      ASSERT_TRUE(file) << path;
      const auto document = midi::Document::read(*file);
      if (!document) continue;
      const midi::Rewrite nothing{.from = Tick{0}, .to = document->music().end};
      ASSERT_TRUE(document->write() == *file) << path;
      ASSERT_TRUE(midi::rewrite(*document, nothing).bytes == *file) << path;
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no SAGE_DATA folder with music";
}

TEST(MidiData, MusicComesBackFromAFileUnchanged) {
  std::size_t count = 0;
  for (const char* set : {"test_multitrack", "test_piano", "valid_clean", "train_clean",
                          "train_copyleft", "train_research"}) {
    const auto folder = data_directory(set);
    if (!folder) continue;
    for (const auto& path : midi_files(*folder, 20)) {
      const auto read = read_midi_file(path);
      ASSERT_TRUE(read) << to_string(read.error());
      expect_round_trip(*read, path.string());
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no SAGE_DATA folder with music";
}

}  // namespace
}  // namespace sage::test
