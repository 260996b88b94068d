#include "serve/music_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "midi/reader.h"

namespace sage::serve {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> cases() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SAGE_SOURCE_DIR "/tests/midi/cases"))
    if (entry.path().extension() == ".mid") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

midi::Document document_of(const fs::path& path) {
  return midi::Document::read(read_file(path).value()).value();
}

/// As the page does it: out as JSON, and back.
Music through_page(const Music& music) { return music_from_json(music_json(music)).value(); }

TEST(MusicFile, WithoutEditsEveryByteStays) {
  ASSERT_GT(cases().size(), 20U);
  for (const fs::path& path : cases()) {
    const midi::Document document = document_of(path);
    const auto written = write_over(document, through_page(music_of(document)));
    ASSERT_TRUE(written) << path << written.error().message;
    EXPECT_TRUE(std::equal(written->begin(), written->end(), document.bytes().begin(),
                           document.bytes().end()))
        << path;
  }
}

/// Events of a document as text, the notes of one part left out.
std::vector<std::string> events_but(const midi::Document& document, std::size_t part) {
  std::vector<std::string> texts;
  for (std::size_t track = 0; track < document.tracks().size(); ++track) {
    std::vector<bool> own(document.tracks()[track].events.size(), false);
    if (document.music().parts[part].track == track)
      for (const midi::NoteEvents& note : document.notes_of(part)) {
        own[note.on] = true;
        if (note.off != midi::NoteEvents::kNone) own[note.off] = true;
      }
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (own[i]) continue;
      const midi::Event& event = document.tracks()[track].events[i];
      std::string text = std::to_string(track) + " " + std::to_string(event.time.count) + " " +
                         std::to_string(event.status) + " " + std::to_string(event.first) + " " +
                         std::to_string(event.second);
      const auto bytes = document.bytes_of(document.tracks()[track], event);
      if (event.status >= 0xf0) text += std::string(bytes.begin(), bytes.end());
      texts.push_back(text);
    }
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST(MusicFile, AnEditedNoteChangesNothingElse) {
  for (const fs::path& path : cases()) {
    const midi::Document document = document_of(path);
    Music music = music_of(document);
    for (std::size_t part = 0; part < music.score.tracks.size(); ++part) {
      Music edited = music;
      auto& notes = edited.score.tracks[part].notes;
      if (notes.empty()) continue;
      notes.front().velocity = notes.front().velocity == 50 ? 51 : 50;
      std::sort(notes.begin(), notes.end());
      const auto written = write_over(document, through_page(edited));
      ASSERT_TRUE(written) << path;
      const auto read = midi::Document::read(*written);
      ASSERT_TRUE(read) << path;
      ASSERT_EQ(read->music().parts, document.music().parts) << path << " part " << part;
      EXPECT_EQ(events_but(*read, part), events_but(document, part)) << path << " part " << part;
      EXPECT_EQ(read->music().score.tracks[part].notes.size(), notes.size()) << path;
    }
  }
}

TEST(MusicFile, NewNotesStandInTheFile) {
  const midi::Document document =
      document_of(SAGE_SOURCE_DIR "/tests/midi/cases/every-kind-of-event.mid");
  Music music = music_of(document);
  const Note fresh{{3 * 1920 + 240}, {120}, 99, 77};
  music.score.tracks[0].notes.push_back(fresh);
  Track added;
  added.program = 56;
  added.name = "Trumpet";
  added.controls = {{Tick{0}, kVolume, 61}};
  added.notes = {{{960}, {480}, 70, 90}};
  music.score.tracks.push_back(added);
  music.parts.push_back(std::nullopt);
  const auto written = write_over(document, through_page(music));
  ASSERT_TRUE(written) << written.error().message;
  const Score read = read_midi(*written)->score;
  ASSERT_EQ(read.tracks.size(), music.score.tracks.size());
  const auto& notes = read.tracks[0].notes;
  EXPECT_NE(std::find(notes.begin(), notes.end(), fresh), notes.end());
  EXPECT_EQ(read.tracks.back().program, 56);
  EXPECT_EQ(read.tracks.back().notes, added.notes);
  EXPECT_EQ(control_at_start(read.tracks.back(), kVolume), 61);
  for (std::size_t i = 1; i + 1 < read.tracks.size(); ++i)
    EXPECT_EQ(read.tracks[i], document.music().score.tracks[i]);
}

TEST(MusicFile, ConductorAndInstruments) {
  const midi::Document document =
      document_of(SAGE_SOURCE_DIR "/tests/midi/cases/channels-3-5-16.mid");
  Music music = music_of(document);
  music.score.tempos = {{{0}, 400'000}, {{1920}, 600'000}};
  music.score.meters = {{{0}, {3, 4}}};
  music.score.keys = {{{0}, 2, false}};
  music.score.tracks[0].name = "Lead";
  music.score.tracks[0].program = static_cast<std::uint8_t>(music.score.tracks[0].program ^ 1);
  music.score.tracks[0].controls.push_back(
      {music.score.tracks[0].notes.front().onset, kVolume, 33});
  const auto written = write_over(document, through_page(music));
  ASSERT_TRUE(written) << written.error().message;
  const Score read = read_midi(*written)->score;
  EXPECT_EQ(read.tempos, music.score.tempos);
  EXPECT_EQ(read.meters, music.score.meters);
  EXPECT_EQ(read.keys, music.score.keys);
  EXPECT_EQ(read.tracks[0].name, "Lead");
  EXPECT_EQ(read.tracks[0].program, music.score.tracks[0].program);
  EXPECT_EQ(control_at_start(read.tracks[0], kVolume), 33);
  EXPECT_EQ(read.tracks[0].notes, document.music().score.tracks[0].notes);
}

TEST(MusicFile, APartThatIsGoneLosesItsNotes) {
  const midi::Document document =
      document_of(SAGE_SOURCE_DIR "/tests/midi/cases/channels-3-5-16.mid");
  Music music = music_of(document);
  ASSERT_GE(music.score.tracks.size(), 2U);
  music.score.tracks.erase(music.score.tracks.begin());
  music.parts.erase(music.parts.begin());
  const auto written = write_over(document, through_page(music));
  ASSERT_TRUE(written);
  std::size_t notes = 0;
  const Score read = read_midi(*written)->score;
  for (const Track& track : read.tracks) notes += track.notes.size();
  std::size_t expected = 0;
  for (const Track& track : music.score.tracks) expected += track.notes.size();
  EXPECT_EQ(notes, expected);
}

TEST(MusicFile, RefusesPartsThatAreNotThere) {
  const midi::Document document = document_of(SAGE_SOURCE_DIR "/tests/midi/cases/one-note.mid");
  Music music = music_of(document);
  music.parts[0] = 5;
  EXPECT_FALSE(write_over(document, music));
  music = music_of(document);
  music.score.tracks.push_back(music.score.tracks[0]);
  music.parts.push_back(0);
  EXPECT_FALSE(write_over(document, music));
}

}  // namespace
}  // namespace sage::serve
