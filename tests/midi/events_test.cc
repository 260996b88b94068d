// Single events, right and wrong: what track_parser.cc decides.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "midi/reader.h"
#include "score/timeline.h"
#include "smf_bytes.h"

namespace sage::test {
namespace {

/// Reads a file that has to be accepted.
MidiRead read_ok(const ByteString& file) {
  auto read = read_midi(file);
  EXPECT_TRUE(read);
  return read ? *std::move(read) : MidiRead{};
}

bool warns_of(const MidiRead& read, const std::string& words) {
  return std::any_of(read.warnings.begin(), read.warnings.end(), [&](const MidiWarning& warning) {
    return warning.message.find(words) != std::string::npos;
  });
}

std::vector<Note> notes_of(const MidiRead& read) {
  return read.score.tracks.empty() ? std::vector<Note>{} : read.score.tracks[0].notes;
}

const std::vector<Note> kTwoNotes = {{Tick{0}, Tick{10}, 60, 64}, {Tick{10}, Tick{10}, 62, 64}};

TEST(MidiEvents, RunningStatusAndVelocityZero) {
  const MidiRead read = read_ok(one_track({0, 0x90, 60, 64, 10, 60, 0, 0, 62, 64, 10, 62, 0}));
  EXPECT_EQ(notes_of(read), kTwoNotes);
  EXPECT_EQ(read.warning_count, 0u);
}

TEST(MidiEvents, RunningStatusAfterMetaOrSysexGoesOnWithAWarning) {
  const MidiRead meta =
      read_ok(one_track({0, 0x90, 60, 64, 10, 60, 0, 0, 0xff, 1, 1, 'x', 0, 62, 64, 10, 62, 0}));
  EXPECT_EQ(notes_of(meta), kTwoNotes);
  EXPECT_TRUE(warns_of(meta, "running status goes on"));
  EXPECT_EQ(meta.warning_count, 1u);
  const MidiRead sysex =
      read_ok(one_track({0, 0x90, 60, 64, 10, 60, 0, 0, 0xf0, 2, 1, 0xf7, 0, 62, 64, 10, 62, 0}));
  EXPECT_EQ(notes_of(sysex), kTwoNotes);
}

TEST(MidiEvents, ADataByteWithoutAnyStatusEndsTheTrack) {
  const MidiRead read = read_ok(one_track({0, 60, 64}));
  EXPECT_TRUE(read.score.tracks.empty());
  EXPECT_TRUE(warns_of(read, "without a status byte"));
  EXPECT_EQ(read.warnings[0].offset, 23u);
}

TEST(MidiEvents, EveryLengthOfDeltaTime) {
  struct Case {
    ByteString delta;
    std::int64_t ticks;
  };
  const Case cases[] = {{bytes({0x7f}), 127},
                        {bytes({0x81, 0x00}), 128},
                        {bytes({0xff, 0x7f}), 16383},
                        {bytes({0x81, 0x80, 0x00}), 16384},
                        {bytes({0xff, 0xff, 0xff, 0x7f}), 0x0fffffff},
                        {bytes({0x80, 0x80, 0x80, 0x05}), 5}};
  for (const Case& c : cases) {
    const MidiRead read = read_ok(raw_track(c.delta + bytes({0x90, 60, 64, 1, 60, 0}) + kEnd));
    ASSERT_EQ(notes_of(read).size(), 1u);
    EXPECT_EQ(notes_of(read)[0].onset.count, c.ticks);
    EXPECT_EQ(read.warning_count, 0u);
  }
}

TEST(MidiEvents, AFiveByteDeltaIsReadALongerOneEndsTheTrack) {
  const MidiRead five =
      read_ok(raw_track(bytes({0x80, 0x80, 0x80, 0x80, 7, 0x90, 60, 64, 1, 60, 0}) + kEnd));
  ASSERT_EQ(notes_of(five).size(), 1u);
  EXPECT_EQ(notes_of(five)[0].onset, Tick{7});
  EXPECT_TRUE(warns_of(five, "longer than four bytes"));
  const MidiRead six = read_ok(
      raw_track(kNote + bytes({0x80, 0x80, 0x80, 0x80, 0x80, 7, 0x90, 60, 64, 1, 60, 0}) + kEnd));
  EXPECT_EQ(notes_of(six).size(), 1u);
  EXPECT_TRUE(warns_of(six, "longer than five bytes"));
}

TEST(MidiEvents, TimeBeyondTheLimitEndsTheTrack) {
  const ByteString file = one_track({0, 0x90, 60, 64, 50, 60, 0, 60, 60, 64, 1, 60, 0});
  const auto read = read_midi(file, {.max_tick = 100});
  ASSERT_TRUE(read);
  EXPECT_EQ(notes_of(*read).size(), 1u);
  EXPECT_TRUE(warns_of(*read, "time is beyond the limit"));
}

TEST(MidiEvents, SystemExclusiveOfEveryShapeIsSkipped) {
  const MidiRead read = read_ok(raw_track(bytes({0, 0xf0, 3, 0x43, 0x12, 0x00,  // begun here,
                                                 5, 0xf7, 2, 0x43, 0xf7,        // ended here,
                                                 0, 0xf7, 2, 0xf3, 0x01,        // an escape,
                                                 0, 0xf0, 0}) +                 // of no length
                                          kNote +
                                          kEnd));
  EXPECT_EQ(notes_of(read), (std::vector<Note>{{Tick{5}, Tick{96}, 60, 64}}));
  EXPECT_EQ(read.warning_count, 0u);
}

TEST(MidiEvents, CutOffMessagesEndTheTrack) {
  const ByteString endings[] = {bytes({0, 0xf0, 100, 1, 2}),
                                bytes({0, 0xff, 1, 100, 'x'}),
                                bytes({0, 0xff, 1}),
                                bytes({0, 0xff}),
                                bytes({0, 0x90, 60}),
                                bytes({0, 0x90}),
                                bytes({0, 0xf0, 0xff, 0xff}),
                                bytes({0x81}),
                                bytes({0})};
  for (const ByteString& ending : endings) {
    const MidiRead read = read_ok(raw_track(kNote + ending));
    EXPECT_EQ(notes_of(read).size(), 1u);
    EXPECT_EQ(read.warning_count, 1u) << read.warnings.size();
  }
}

TEST(MidiEvents, SystemMessagesThatDoNotBelongAreLeftOut) {
  for (const ByteString& message :
       {bytes({0xf1, 1}), bytes({0xf2, 1, 2}), bytes({0xf3, 1}), bytes({0xf4}), bytes({0xf6}),
        bytes({0xf8}), bytes({0xfa}), bytes({0xfe})}) {
    const MidiRead read = read_ok(raw_track(bytes({0}) + message + kNote + kEnd));
    EXPECT_EQ(notes_of(read).size(), 1u);
    EXPECT_TRUE(warns_of(read, "does not belong"));
  }
}

TEST(MidiEvents, DataBytesAbove127) {
  const MidiRead loud = read_ok(one_track({0, 0x90, 60, 200, 10, 0x80, 60, 0}));
  EXPECT_EQ(notes_of(loud), (std::vector<Note>{{Tick{0}, Tick{10}, 60, 127}}));
  EXPECT_TRUE(warns_of(loud, "taken as 127"));
  const MidiRead high = read_ok(raw_track(bytes({0, 0xb0, 168, 64}) + kNote + kEnd));
  EXPECT_EQ(notes_of(high).size(), 1u);
  EXPECT_TRUE(high.score.tracks[0].controls.empty());
  EXPECT_TRUE(warns_of(high, "event is left out"));
}

TEST(MidiEvents, TemposMetersAndKeys) {
  const MidiRead read = read_ok(one_track({0,  0xff, 0x51, 3, 0x07, 0xa1, 0x20,     //
                                           0,  0xff, 0x58, 4, 6,    3,    24,   8,  //
                                           0,  0xff, 0x59, 2, 0xfd, 1,              //
                                           96, 0xff, 0x58, 2, 3,    2}));
  EXPECT_EQ(read.score.tempos, (std::vector<TempoChange>{{Tick{0}, 500'000}}));
  EXPECT_EQ(read.score.meters, (std::vector<MeterChange>{{Tick{0}, {6, 8}}, {Tick{96}, {3, 4}}}));
  EXPECT_EQ(read.score.keys, (std::vector<KeySignature>{{Tick{0}, -3, true}}));
  EXPECT_EQ(read.warning_count, 0u);
}

TEST(MidiEvents, SenselessTemposMetersAndKeysAreLeftOut) {
  for (const ByteString& event :
       {bytes({0xff, 0x51, 3, 0, 0, 0}), bytes({0xff, 0x51, 2, 1, 1}), bytes({0xff, 0x51, 0}),
        bytes({0xff, 0x58, 4, 0, 2, 24, 8}), bytes({0xff, 0x58, 4, 4, 8, 24, 8}),
        bytes({0xff, 0x58, 1, 4}), bytes({0xff, 0x59, 2, 8, 0}), bytes({0xff, 0x59, 2, 0, 2}),
        bytes({0xff, 0x59, 2, 0x80, 0}), bytes({0xff, 0x59, 0})}) {
    const MidiRead read = read_ok(raw_track(bytes({0}) + event + kNote + kEnd));
    EXPECT_EQ(notes_of(read).size(), 1u);
    EXPECT_EQ(read.warning_count, 1u);
    EXPECT_TRUE(warns_of(read, "left out"));
    EXPECT_TRUE(read.score.tempos.empty() && read.score.meters.empty() && read.score.keys.empty());
  }
}

TEST(MidiEvents, OtherMetaEventsAreSkippedSilently) {
  for (const ByteString& event : {bytes({0xff, 0x00, 2, 0, 1}), bytes({0xff, 0x20, 1, 3}),
                                  bytes({0xff, 0x21, 1, 0}), bytes({0xff, 0x54, 5, 0, 0, 0, 0, 0}),
                                  bytes({0xff, 0x7f, 3, 0, 0, 1}), bytes({0xff, 0x60, 0})}) {
    const MidiRead read = read_ok(raw_track(bytes({0}) + event + kNote + kEnd));
    EXPECT_EQ(notes_of(read).size(), 1u);
    EXPECT_EQ(read.warning_count, 0u);
  }
}

TEST(MidiEvents, TextsKeepTypeTimeAndBytes) {
  const MidiRead read = read_ok(one_track({0, 0xff, 2, 3, '(',  'c', ')',  //
                                           5, 0xff, 5, 2, 0xe9, '-',       //
                                           0, 0xff, 6, 1, 'A',             //
                                           0, 0xff, 1, 0}));
  EXPECT_EQ(read.score.texts,
            (std::vector<Text>{
                {Tick{0}, 2, "(c)"}, {Tick{5}, 5, "\xe9-"}, {Tick{5}, 6, "A"}, {Tick{5}, 1, ""}}));
}

TEST(MidiEvents, ControlsBendsAndPressures) {
  const MidiRead read = read_ok(one_track({0, 0xb3, 7,  100, 1, 64,   127,               //
                                           0, 0xe3, 0,  64,  1, 0,    0,   1, 127, 127,  //
                                           0, 0xa3, 60, 5,   0, 0xd3, 9}));
  ASSERT_EQ(read.score.tracks.size(), 1u);
  const Track& track = read.score.tracks[0];
  EXPECT_EQ(track.controls, (std::vector<Control>{{Tick{0}, 7, 100}, {Tick{1}, 64, 127}}));
  EXPECT_EQ(track.bends, (std::vector<PitchBend>{{Tick{1}, 0}, {Tick{2}, -8192}, {Tick{3}, 8191}}));
  EXPECT_EQ(track.pressures,
            (std::vector<Pressure>{{Tick{3}, 60, 5}, {Tick{3}, Pressure::kWholeChannel, 9}}));
}

TEST(MidiEvents, AnEndOfTrackWithoutItsLengthEndsTheTrack) {
  const MidiRead read = read_ok(raw_track(kNote + bytes({0, 0xff, 0x2f})));
  EXPECT_EQ(notes_of(read).size(), 1u);
  EXPECT_EQ(read.warning_count, 0u);
}

}  // namespace
}  // namespace sage::test
