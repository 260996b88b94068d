// Documents: written as they were read, and edited without loss of what the edit leaves alone.
#include "midi/document.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "file_score.h"
#include "midi/edit.h"
#include "midi/writer.h"
#include "smf_bytes.h"

namespace sage::midi {
namespace {

using test::bytes;
using test::ByteString;

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("tests/midi/cases"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Document read_case(const std::string& name) {
  return Document::read_file("tests/midi/cases/" + name + ".mid").value();
}

Document read_again(const Edited& edited) { return Document::read(edited.bytes).value(); }

/// A rewrite that asks for nothing in some bars.
Rewrite nothing(Tick from, Tick to) { return {.from = from, .to = to, .early = Tick{20}}; }

TEST(MidiDocument, UneditedGivesTheSameBytes) {
  ASSERT_EQ(cases().size(), 27u);
  for (const auto& path : cases()) {
    const auto file = read_file(path).value();
    const Document document = Document::read(file).value();
    EXPECT_EQ(document.write(), file) << path;
    EXPECT_EQ(rewrite(document, nothing(Tick{3840}, Tick{7680})).bytes, file) << path;
  }
}

RC_GTEST_PROP(MidiDocumentProperty, AnEmptyRewriteGivesTheSameBytes, ()) {
  const ByteString file = write_midi(*test::any_file_score(6));
  const Document document = Document::read(file).value();
  RC_ASSERT(document.write() == file);
  const Tick to{*rc::gen::inRange<std::int64_t>(0, 1000)};
  RC_ASSERT(rewrite(document, nothing(Tick{0}, to)).bytes == file);
}

TEST(MidiDocument, EveryNoteKnowsItsTwoEvents) {
  for (const auto& path : cases()) {
    const Document document = Document::read_file(path).value();
    const auto& tracks = document.music().score.tracks;
    for (std::size_t part = 0; part < tracks.size(); ++part) {
      const auto links = document.notes_of(part);
      ASSERT_EQ(links.size(), tracks[part].notes.size());
      const auto& events = document.tracks()[document.music().parts[part].track].events;
      for (std::size_t i = 0; i < links.size(); ++i) {
        const Note& note = tracks[part].notes[i];
        EXPECT_EQ(events[links[i].on].time, note.onset);
        EXPECT_EQ(events[links[i].on].first, note.pitch);
        if (links[i].off == NoteEvents::kNone) continue;
        EXPECT_EQ(events[links[i].off].time, note.onset + note.duration);
      }
    }
  }
}

TEST(MidiEdit, OtherPartsAndBarsKeepEveryNote) {
  for (const auto& path : cases()) {
    const Document document = Document::read_file(path).value();
    const auto& before = document.music();
    for (std::size_t part = 0; part < before.score.tracks.size(); ++part) {
      Rewrite wishes = nothing(Tick{3840}, Tick{7680});
      wishes.replaced = {part};
      wishes.music.notes = {
          {part, {{Tick{3840}, Tick{960}, 64, 90}, {Tick{5000}, Tick{200}, 65, 90}}}};
      const Document after = read_again(rewrite(document, wishes));
      ASSERT_EQ(after.music().parts, before.parts) << path;
      for (std::size_t i = 0; i < before.score.tracks.size(); ++i) {
        std::vector<Note> kept;
        for (const Note& note : before.score.tracks[i].notes)
          if (i != part || note.onset < Tick{3820} || note.onset >= Tick{7660})
            kept.push_back(note);
        EXPECT_TRUE(std::includes(after.music().score.tracks[i].notes.begin(),
                                  after.music().score.tracks[i].notes.end(), kept.begin(),
                                  kept.end()))
            << path << " part " << i << " when " << part << " is written again";
      }
    }
  }
}

TEST(MidiEdit, AnUnreleasedNoteKeepsItsLengthWithoutTheNoteThatEndedIt) {
  // The second of three notes of one pitch goes; none is released.
  const Document document =
      Document::read(test::header(0, 1, 96) + test::track({0, 0x90, 58, 90, 0x83, 0, 58, 91, 0x83,
                                                           0, 58, 92, 0x83, 0, 0xb0, 7, 90}))
          .value();
  Rewrite wishes = nothing(Tick{384}, Tick{768});
  wishes.replaced = {0};
  const Document after = read_again(rewrite(document, wishes));
  EXPECT_EQ(after.music().score.tracks[0].notes,
            (std::vector<Note>{{Tick{0}, Tick{384}, 58, 90}, {Tick{768}, Tick{384}, 58, 92}}));
}

TEST(MidiEdit, NewNotesAreNotBentByTheBendsOfOldOnes) {
  const Document document = read_case("bends-in-rewritten-bars");
  Rewrite wishes = nothing(Tick{3840}, Tick{7680});
  wishes.replaced = {0};
  wishes.music.notes = {{0, {{Tick{3840}, Tick{960}, 64, 90}}}};
  const Document after = read_again(rewrite(document, wishes));
  for (const PitchBend& bend : after.music().score.tracks[0].bends)
    EXPECT_TRUE(bend.time < Tick{3840} || bend.time >= Tick{7680}) << bend.time.count;
}

TEST(MidiEdit, AddedPartsGetFreeChannelsAndThenAPort) {
  const Document document = read_case("two-ports-18-instruments");
  Rewrite wishes = nothing(Tick{0}, Tick{1920});
  for (int i = 0; i < 14; ++i)
    wishes.music.added.push_back({60, "Horn", {{Tick{0}, Tick{480}, 60, 90}}});
  const Document after = read_again(rewrite(document, wishes));
  ASSERT_EQ(after.music().parts.size(), document.music().parts.size() + 14);
  EXPECT_EQ(after.music().parts[19].port, 1);
  EXPECT_EQ(after.music().parts.back().port, 2);  // 12 of port 1 are free
  EXPECT_EQ(after.music().score.tracks.back().name, "Horn");
  EXPECT_EQ(after.music().score.tracks.back().program, 60);
}

TEST(MidiEdit, ADroneEndsWithTheNewMusic) {
  const Document document = read_case("drone-of-200-bars");
  const Continuation wishes{.cut = Tick{7680}, .end = Tick{15'360}, .early = Tick{20}};
  const Document after = read_again(continued(document, wishes));
  EXPECT_EQ(after.music().end, Tick{15'360});
  for (const Track& track : after.music().score.tracks)
    for (const Note& note : track.notes) EXPECT_LE(note.onset + note.duration, Tick{15'360});
}

TEST(MidiEdit, WhatStandsOnTheCutBelongsToWhatFollows) {
  const Continuation wishes{.cut = Tick{7680}, .end = Tick{15'360}, .early = Tick{20}};
  const Document after = read_again(continued(read_case("ritardando-then-a-tempo"), wishes));
  EXPECT_EQ(after.music().score.tempos.back(), (TempoChange{Tick{7680}, 500'000}));
  const Document swells = read_again(continued(read_case("expression-swells"), wishes));
  std::uint8_t expression = 0;
  for (const Control& control : swells.music().score.tracks[0].controls)
    if (control.number == 11) expression = control.value;
  EXPECT_EQ(expression, 100);
}

TEST(MidiEdit, OnlyTheNewMusicBeginsAtNought) {
  Continuation wishes{.cut = Tick{7680}, .end = Tick{15'360}, .early = Tick{20}, .only_new = true};
  wishes.music.notes = {{1, {{Tick{7680}, Tick{480}, 40, 90}}}};
  const Document document = read_case("channels-3-5-16");
  const Document after = read_again(continued(document, wishes));
  EXPECT_EQ(after.music().end, Tick{7680});
  std::size_t notes = 0;
  for (const Track& track : after.music().score.tracks) notes += track.notes.size();
  EXPECT_EQ(notes, 1u);
  for (std::size_t i = 0; i < after.music().parts.size(); ++i)
    EXPECT_TRUE(after.music().score.tracks[i].notes.empty() ||
                after.music().parts[i].channel == document.music().parts[1].channel);
}

TEST(MidiEdit, FilesInsideRiffStayWhole) {
  const auto inner = read_file("tests/midi/cases/one-note.mid").value();
  const auto little = [](std::size_t n) {
    return bytes({int(n & 255), int(n >> 8 & 255), int(n >> 16 & 255), int(n >> 24)});
  };
  using test::operator+;
  const ByteString pad = inner.size() % 2 ? bytes({0}) : ByteString{};
  const ByteString body = test::ascii("RMIDdata") + little(inner.size()) + inner + pad;
  const ByteString file = test::ascii("RIFF") + little(body.size()) + body;
  const Document document = Document::read(file).value();
  EXPECT_EQ(document.write(), file);
  Rewrite wishes = nothing(Tick{0}, Tick{1920});
  wishes.music.added = {{40, "Violin", {{Tick{0}, Tick{480}, 60, 90}}}};
  const Document after = read_again(rewrite(document, wishes));
  EXPECT_EQ(after.music().warning_count, document.music().warning_count);
  EXPECT_EQ(after.music().parts.size(), document.music().parts.size() + 1);
}

}  // namespace
}  // namespace sage::midi
