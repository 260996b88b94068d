// Files of which a part cannot be read: an edit keeps those bytes where they are, for another
// player may make something of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"
#include "file_score.h"
#include "midi/document.h"
#include "midi/edit.h"
#include "midi/writer.h"
#include "smf_bytes.h"

namespace sage::midi {
namespace {

using test::bytes;
using test::ByteString;
using test::operator+;

struct Damage {
  std::string name;
  ByteString tail;  // what comes behind two notes of 96 ticks, its delta time included
};

const std::vector<Damage>& damages() {
  static const ByteString more = bytes({0, 0x90, 67, 64, 96, 67, 0}) + test::kEnd;
  static const std::vector<Damage> all = {
      {"a delta time of six bytes", bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0}) + more},
      {"the same before running status",
       bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0, 67, 64, 96, 67, 0}) + test::kEnd},
      {"a meta event that is too long", bytes({24, 0xff, 1, 0x7f}) + more},
      {"a sysex that is too long", bytes({24, 0xf0, 0x81, 0}) + more},
      {"events behind the end of track", bytes({24, 0xff, 0x2f, 0}) + more},
  };
  return all;
}

/// A sound track beside one with two notes, 60 and 64, and the damage behind them.
ByteString file_with(const ByteString& tail) {
  const ByteString notes = bytes({0, 0x90, 60, 64, 96, 60, 0, 0, 64, 64, 96, 64, 0});
  return test::header(1, 2, 96) + test::chunk("MTrk", notes + tail) +
         test::track({0, 0x91, 48, 64, 0x83, 0, 48, 0});
}

std::size_t part_on(const Document& document, int channel) {
  const auto& parts = document.music().parts;
  return static_cast<std::size_t>(
      std::find_if(parts.begin(), parts.end(),
                   [&](const Part& p) { return p.channel == channel; }) -
      parts.begin());
}

/// What follows the delta time of a tail, at the end of a track's chunk.
ByteString unread(const Document& document, std::size_t track) {
  const EventTrack& t = document.tracks()[track];
  if (t.tail.at == 0) return {};
  const auto begin = document.bytes().begin();
  return {begin + static_cast<std::ptrdiff_t>(t.tail.at),
          begin + static_cast<std::ptrdiff_t>(t.next)};
}

std::vector<Note> all_notes(const Document& document, int channel) {
  std::vector<Note> notes;
  for (std::size_t i = 0; i < document.music().parts.size(); ++i)
    if (document.music().parts[i].channel == channel)
      for (const Note& note : document.music().score.tracks[i].notes) notes.push_back(note);
  std::sort(notes.begin(), notes.end());
  return notes;
}

TEST(MidiDamage, WhatCannotBeReadStaysWhenItIs) {
  for (const Damage& damage : damages()) {
    const Document document = Document::read(file_with(damage.tail)).value();
    const std::size_t part = part_on(document, 0);
    ASSERT_NE(document.tracks()[0].tail.at, 0u) << damage.name;
    ASSERT_EQ(document.music().score.tracks[part].notes.size(), 2u) << damage.name;
    // The second note makes room for one that is over before the break, and one behind it.
    Rewrite wishes{.from = Tick{96}, .to = Tick{400}};
    wishes.replaced = {part};
    wishes.music.notes = {{part, {{Tick{96}, Tick{48}, 72, 90}, {Tick{300}, Tick{48}, 74, 90}}}};
    const Edited edited = rewrite(document, wishes);
    EXPECT_EQ(edited.removed, 1u) << damage.name;
    EXPECT_EQ(edited.written, 2u) << damage.name;
    const Document after = Document::read(edited.bytes).value();
    EXPECT_EQ(all_notes(after, 0), (std::vector<Note>{{Tick{0}, Tick{96}, 60, 64},
                                                      {Tick{96}, Tick{48}, 72, 90},
                                                      {Tick{300}, Tick{48}, 74, 90}}))
        << damage.name;
    EXPECT_EQ(all_notes(after, 1), all_notes(document, 1)) << damage.name;
    EXPECT_EQ(after.tracks().size(), 3u) << damage.name;  // one beside it
    // As before: the same bytes, at the same time, under the same running status.
    EXPECT_EQ(after.tracks()[0].tail.time, document.tracks()[0].tail.time) << damage.name;
    EXPECT_EQ(after.tracks()[0].tail.has_delta, document.tracks()[0].tail.has_delta) << damage.name;
    ByteString expected = unread(document, 0);
    const ByteString got = unread(after, 0);
    if (got.size() == expected.size() + 1) {  // a running status is said again
      const auto status = std::find(got.begin(), got.end(), document.tracks()[0].tail.running);
      ASSERT_NE(status, got.end()) << damage.name;
      expected.insert(expected.begin() + (status - got.begin()), *status);
    }
    EXPECT_EQ(got, expected) << damage.name;
  }
}

TEST(MidiDamage, ADataByteWithoutAStatusDoesNotGetOne) {
  const ByteString tail = bytes({0, 60, 64, 96, 60, 0});
  const ByteString file = test::header(1, 2, 96) + test::chunk("MTrk", tail + test::kEnd) +
                          test::track({0, 0x91, 48, 64, 96, 48, 0});
  const Document document = Document::read(file).value();
  Rewrite wishes{.from = Tick{0}, .to = Tick{400}};
  wishes.music.signature = "signed";
  const std::size_t part = part_on(document, 1);
  wishes.replaced = {part};
  wishes.music.notes = {{part, {{Tick{0}, Tick{48}, 72, 90}}}};
  const Document after = Document::read(rewrite(document, wishes).bytes).value();
  EXPECT_EQ(unread(after, 0), unread(document, 0));
  EXPECT_TRUE(all_notes(after, 0).empty());
  EXPECT_EQ(all_notes(after, 1), (std::vector<Note>{{Tick{0}, Tick{48}, 72, 90}}));
}

TEST(MidiDamage, ATrackThatIsCutOffIsWholeAfterAnEdit) {
  for (const ByteString& tail :
       {bytes({24, 0x90, 67}), bytes({24, 67}), bytes({24}), bytes({24, 0xff}), ByteString()}) {
    const Document document = Document::read(file_with(tail)).value();
    EXPECT_GT(document.music().warning_count, 0u);
    const std::size_t part = part_on(document, 0);
    Rewrite wishes{.from = Tick{300}, .to = Tick{400}};
    wishes.music.notes = {{part, {{Tick{300}, Tick{48}, 74, 90}}}};
    const Document after = Document::read(rewrite(document, wishes).bytes).value();
    EXPECT_EQ(after.music().warning_count, 0u);
    EXPECT_EQ(after.tracks().size(), 2u);
    EXPECT_EQ(all_notes(after, 0).size(), 3u);
  }
}

TEST(MidiDamage, ASingleTrackBecomesTwoOfAType1File) {
  const ByteString file =
      test::header(0, 1, 96) +
      test::chunk("MTrk", bytes({0, 0x90, 60, 64, 96, 60, 0, 24, 0xff, 1, 0x7f, 0x41}));
  const Document document = Document::read(file).value();
  Rewrite wishes{.from = Tick{0}, .to = Tick{400}};
  wishes.music.added = {{40, "Violin", {{Tick{300}, Tick{48}, 72, 90}}}};
  const Document after = Document::read(rewrite(document, wishes).bytes).value();
  EXPECT_EQ(after.format(), 1);
  EXPECT_EQ(unread(after, 0), unread(document, 0));
  EXPECT_LE(after.music().warning_count, document.music().warning_count);
}

TEST(MidiDamage, AContinuationLeavesOutWhatItCannotPlace) {
  for (const Damage& damage : damages()) {
    const Document document = Document::read(file_with(damage.tail)).value();
    const std::size_t part = part_on(document, 0);
    Continuation wishes{.cut = Tick{384}, .end = Tick{768}};
    wishes.music.notes = {{part, {{Tick{384}, Tick{48}, 74, 90}}}};
    const Document after = Document::read(continued(document, wishes).bytes).value();
    EXPECT_EQ(after.music().warning_count, 0u) << damage.name;
    EXPECT_EQ(after.tracks().size(), 2u) << damage.name;
    EXPECT_EQ(all_notes(after, 0).size(), 3u) << damage.name;
  }
}

RC_GTEST_PROP(MidiDamageProperty, EditsOfDamagedFilesKeepTheirOtherNotes, ()) {
  ByteString file = write_midi(*test::any_file_score(6));
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i)
    file[*rc::gen::inRange<std::size_t>(14, file.size())] = *rc::gen::arbitrary<std::uint8_t>();
  const auto read = Document::read(file);
  if (!read || read->format() == 2 || read->music().parts.empty()) return;
  const Document& document = *read;
  const std::size_t part = *rc::gen::inRange<std::size_t>(0, document.music().parts.size());
  const Tick from{*rc::gen::inRange<std::int64_t>(0, 1000)};
  Rewrite wishes{.from = from, .to = from + Tick{500}};
  wishes.replaced = {part};
  const Document after = Document::read(rewrite(document, wishes).bytes).value();
  // A note that nothing ends lasts as long as its track, which an edit may make longer.
  const auto kept = [&](const Document& of) {
    std::vector<Note> notes;
    for (std::size_t i = 0; i < of.music().parts.size(); ++i) {
      if (of.music().parts[i].track == document.music().parts[part].track) continue;
      const auto links = of.notes_of(i);
      for (std::size_t n = 0; n < links.size(); ++n) {
        notes.push_back(of.music().score.tracks[i].notes[n]);
        if (links[n].off == NoteEvents::kNone) notes.back().duration = {};
      }
    }
    std::sort(notes.begin(), notes.end());
    return notes;
  };
  RC_ASSERT(kept(after) == kept(document));
  RC_ASSERT(after.tracks().size() >= document.tracks().size());
  for (std::size_t i = 0; i < document.tracks().size(); ++i)
    RC_ASSERT(unread(after, i).size() >= unread(document, i).size());
}

}  // namespace
}  // namespace sage::midi
