// Headers, chunks and wrappers: what reader.cc decides.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/file.h"
#include "midi/reader.h"
#include "score/timeline.h"
#include "smf_bytes.h"

namespace sage::test {
namespace {

/// Whether one of the warnings says `words`.
bool warns(const MidiRead& read, const std::string& words) {
  return std::any_of(read.warnings.begin(), read.warnings.end(), [&](const MidiWarning& warning) {
    return warning.message.find(words) != std::string::npos;
  });
}

std::string refusal(const ByteString& file) {
  const auto read = read_midi(file);
  return read ? "accepted" : to_string(read.error());
}

TEST(MidiChunks, AGoodFileIsReadWithoutWarnings) {
  const auto read = read_midi(header(1, 2, 480) + track({}) + chunk("MTrk", kNote + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warning_count, 0u);
  EXPECT_EQ(read->format, 1);
  EXPECT_EQ(read->track_chunks, 2u);
  EXPECT_EQ(read->score.ticks_per_quarter, 480);
  ASSERT_EQ(read->score.tracks.size(), 1u);
  EXPECT_EQ(read->score.tracks[0].notes, (std::vector<Note>{{Tick{0}, Tick{96}, 60, 64}}));
}

TEST(MidiChunks, WhatIsNoMidiFileIsRefusedWithOffsetAndReason) {
  EXPECT_EQ(refusal({}), "byte 0: no MThd header, so this is no MIDI file");
  EXPECT_EQ(refusal(ascii("MThx")), "byte 0: no MThd header, so this is no MIDI file");
  EXPECT_EQ(refusal(track({})), "byte 0: no MThd header, so this is no MIDI file");
  EXPECT_EQ(refusal(ascii("MThd") + bytes({0, 0, 0, 6, 0, 1})),
            "byte 10: the file ends inside its header");
  EXPECT_EQ(refusal(header(1, 1, 0)),
            "byte 12: a quarter note has no ticks, so no time can be told");
  EXPECT_EQ(refusal(header(1, 1, 0xe800)), "byte 12: a frame has no ticks, so no time can be told");
}

TEST(MidiChunks, LimitsAreErrors) {
  ByteString body;
  for (int i = 0; i < 10; ++i) body = body + kNote;
  const ByteString file = raw_track(body + kEnd);
  EXPECT_TRUE(read_midi(file, {.max_notes = 10}));
  const auto notes = read_midi(file, {.max_notes = 9});
  const auto events = read_midi(file, {.max_events = 12});
  const auto size = read_midi(file, {.max_bytes = 20});
  ASSERT_FALSE(notes);
  ASSERT_FALSE(events);
  ASSERT_FALSE(size);
  EXPECT_EQ(notes.error().code, ErrorCode::kLimit);
  EXPECT_EQ(events.error().code, ErrorCode::kLimit);
  EXPECT_EQ(size.error().code, ErrorCode::kLimit);
  EXPECT_FALSE(read_midi(one_track({0, 0xff, 1, 0, 0, 0xff, 1, 0}), {.max_texts = 1}));
}

TEST(MidiChunks, TypeZeroWithSeveralTracksPlaysThemTogether) {
  const ByteString one = chunk("MTrk", kNote + kEnd);
  const auto read = read_midi(header(0, 2, 96) + one + one);
  ASSERT_TRUE(read);
  EXPECT_TRUE(warns(*read, "type 0 file with several tracks"));
  ASSERT_EQ(read->score.tracks.size(), 2u);
  EXPECT_EQ(read->score.tracks[1].notes[0].onset, Tick{0});
}

TEST(MidiChunks, TypeTwoSequencesFollowEachOtherAndBeginAfresh) {
  const ByteString first = chunk(
      "MTrk", bytes({0, 0xff, 0x51, 3, 1, 0, 0, 0, 0xff, 0x58, 4, 3, 2, 24, 8}) + kNote + kEnd);
  const ByteString second = chunk("MTrk", kNote + kEnd);
  const auto read = read_midi(header(2, 2, 96) + first + second);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warning_count, 0u);
  ASSERT_EQ(read->score.tracks.size(), 2u);
  EXPECT_EQ(read->score.tracks[1].notes[0].onset, Tick{96});
  EXPECT_EQ(read->score.tempos,
            (std::vector<TempoChange>{{Tick{0}, 0x10000}, {Tick{96}, kDefaultTempo}}));
  EXPECT_EQ(read->score.meters, (std::vector<MeterChange>{{Tick{0}, {3, 4}}, {Tick{96}, {4, 4}}}));
}

TEST(MidiChunks, AnUnknownTypeIsReadAsTypeOne) {
  const auto read = read_midi(header(77, 1, 96) + chunk("MTrk", kNote + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 1u);
  EXPECT_TRUE(warns(*read, "unknown file type"));
}

TEST(MidiChunks, AnUnusualHeaderLengthIsFollowedWhereItCanBe) {
  const ByteString one = chunk("MTrk", kNote + kEnd);
  const auto longer = read_midi(chunk("MThd", bytes({0, 0, 0, 1, 0, 96, 1, 2, 3})) + one);
  const auto absurd = read_midi(chunk("MThd", bytes({0, 0, 0, 1, 0, 96}), 0xffffffff) + one);
  ASSERT_TRUE(longer);
  ASSERT_TRUE(absurd);
  EXPECT_EQ(note_count(longer->score), 1u);
  EXPECT_EQ(note_count(absurd->score), 1u);
  EXPECT_TRUE(warns(*longer, "header should have 6 bytes"));
}

TEST(MidiChunks, AWrongNumberOfTracksIsOnlyWarnedOf) {
  const ByteString one = chunk("MTrk", kNote + kEnd);
  for (const int claimed : {0, 1, 3, 65535}) {
    const auto read = read_midi(header(1, claimed, 96) + one + one);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->track_chunks, 2u);
    EXPECT_TRUE(warns(*read, "number of tracks"));
  }
  EXPECT_TRUE(read_midi(header(1, 0, 96)));
}

TEST(MidiChunks, UnknownChunksAreSkipped) {
  const auto read =
      read_midi(header(1, 1, 96) + chunk("XFIH", bytes({1, 2, 3})) + chunk("MTrk", kNote + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 1u);
  EXPECT_TRUE(warns(*read, "unknown chunk"));
}

TEST(MidiChunks, JunkBetweenAndAfterTracksIsSkipped) {
  const ByteString one = chunk("MTrk", kNote + kEnd);
  const ByteString junk = bytes({0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
  const auto read = read_midi(header(1, 2, 96) + one + junk + one + junk);
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 2u);
  EXPECT_TRUE(warns(*read, "junk before the next track"));
  EXPECT_TRUE(warns(*read, "junk after the tracks"));
  EXPECT_TRUE(warns(*read_midi(header(1, 1, 96) + one + bytes({0})), "junk after the tracks"));
}

TEST(MidiChunks, WrongChunkLengthsAreSeenThrough) {
  const ByteString body = kNote + kNote + kEnd;
  const ByteString good = chunk("MTrk", body);
  for (const std::size_t claimed : {0ul, 3ul, 9ul, 15ul, 22ul, 40ul, 0xfffffffful}) {
    const auto read = read_midi(header(1, 2, 96) + chunk("MTrk", body, claimed) + good);
    ASSERT_TRUE(read);
    EXPECT_EQ(note_count(read->score), 4u) << claimed;
    EXPECT_EQ(read->track_chunks, 2u) << claimed;
    EXPECT_TRUE(warns(*read, "length is wrong")) << claimed;
  }
}

TEST(MidiChunks, ATruncatedTrackIsKeptUpToTheBreak) {
  const ByteString whole = kNote + kNote + kNote + kEnd;
  ByteString file = header(1, 1, 96) + chunk("MTrk", whole);
  file.resize(file.size() - 10);
  const auto read = read_midi(file);
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 2u);
  EXPECT_TRUE(warns(*read, "length is wrong"));
  EXPECT_TRUE(warns(*read, "ends inside an event"));
}

TEST(MidiChunks, DataAfterTheEndOfTrackIsLeftOut) {
  const auto read = read_midi(raw_track(kNote + kEnd + kNote));
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 1u);
  EXPECT_TRUE(warns(*read, "after the end of the track"));
}

TEST(MidiChunks, AMissingEndOfTrackIsOnlyWarnedOf) {
  const auto read = read_midi(raw_track(kNote));
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 1u);
  EXPECT_TRUE(warns(*read, "no end-of-track event"));
}

TEST(MidiChunks, EmptyTracksAreFine) {
  const auto read = read_midi(header(1, 3, 96) + track({}) + chunk("MTrk", {}) + track({}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->track_chunks, 3u);
  EXPECT_TRUE(read->score.tracks.empty());
}

ByteString riff_chunk(std::string_view id, const ByteString& body) {
  ByteString out = ascii(id);
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(body.size() >> (8 * i)));
  out = out + body;
  if (body.size() % 2 == 1) out.push_back(0);
  return out;
}

TEST(MidiChunks, RiffWrappingIsTakenOff) {
  const ByteString file = header(1, 1, 96) + chunk("MTrk", kNote + kEnd);
  const auto plain = read_midi(riff_chunk("RIFF", ascii("RMID") + riff_chunk("data", file)));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->warning_count, 0u);
  EXPECT_EQ(note_count(plain->score), 1u);
  const auto after_others = read_midi(riff_chunk(
      "RIFF", ascii("RMID") + riff_chunk("DISP", bytes({1, 2, 3})) + riff_chunk("data", file)));
  ASSERT_TRUE(after_others);
  EXPECT_EQ(note_count(after_others->score), 1u);
}

TEST(MidiChunks, OtherRiffFilesAreRefused) {
  EXPECT_EQ(refusal(riff_chunk("RIFF", ascii("WAVE"))),
            "byte 8: a RIFF file that does not hold MIDI");
  EXPECT_EQ(refusal(riff_chunk("RIFF", ascii("RMID") + riff_chunk("LIST", {}))),
            "byte 12: a RIFF file without a data chunk");
  EXPECT_EQ(refusal(riff_chunk("RIFF", ascii("RMID") + riff_chunk("data", ascii("nonsense")))),
            "byte 20: no MThd header, so this is no MIDI file");
}

TEST(MidiChunks, SmpteTimeBecomesATempoWithTheSameTicks) {
  struct Case {
    int rate;
    int ticks_per_frame;
    double ticks_per_second;
  };
  const Case cases[] = {{24, 40, 960},  {25, 40, 1000}, {25, 1, 25}, {29, 80, 80 * 30 / 1.001},
                        {30, 80, 2400}, {30, 255, 7650}};
  for (const Case& c : cases) {
    const int division = (256 - c.rate) << 8 | c.ticks_per_frame;
    const ByteString tempo = track({0, 0xff, 0x51, 3, 1, 0, 0});  // means nothing here
    const auto read = read_midi(header(1, 1, division) + tempo);
    ASSERT_TRUE(read);
    const double seconds = TempoMap(read->score).seconds_at(Tick{1'000'000});
    EXPECT_NEAR(seconds * c.ticks_per_second, 1e6, 1e-3) << c.rate << " x " << c.ticks_per_frame;
  }
}

TEST(MidiChunks, WarningsAreCappedButCounted) {
  ByteString body;
  for (int i = 0; i < 1000; ++i) body = body + bytes({0, 0xf8});
  const auto read = read_midi(raw_track(body + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warnings.size(), MidiRead::kMaxWarnings);
  EXPECT_EQ(read->warning_count, 1000u);
  EXPECT_EQ(read->warnings[1].offset, 22u + 3u);
}

TEST(MidiChunks, TheFileReaderNamesTheFile) {
  const std::string path = testing::TempDir() + "sage_not_midi.mid";
  ASSERT_TRUE(write_text(path, "not a MIDI file"));
  const auto read = read_midi_file(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(to_string(read.error()), path + ": byte 0: no MThd header, so this is no MIDI file");
  EXPECT_FALSE(read_midi_file(path + ".missing"));
}

}  // namespace
}  // namespace sage::test
