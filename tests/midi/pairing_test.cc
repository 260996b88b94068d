// How notes are paired and which track they land in: what staging.cc decides.
#include <gtest/gtest.h>

#include <string>

#include "midi/reader.h"
#include "smf_bytes.h"

namespace sage::test {
namespace {

std::vector<Track> tracks_of(const ByteString& file) {
  auto read = read_midi(file);
  EXPECT_TRUE(read);
  return read ? read->score.tracks : std::vector<Track>{};
}

std::vector<Note> only_notes(std::initializer_list<int> events) {
  const auto tracks = tracks_of(one_track(events));
  EXPECT_EQ(tracks.size(), 1u);
  return tracks.empty() ? std::vector<Note>{} : tracks[0].notes;
}

TEST(MidiPairing, FirstInFirstOut) {
  EXPECT_EQ(only_notes({0, 0x90, 60, 1, 10, 60, 2, 10, 60, 0, 10, 60, 0}),
            (std::vector<Note>{{Tick{0}, Tick{20}, 60, 1}, {Tick{10}, Tick{20}, 60, 2}}));
}

TEST(MidiPairing, ThreeDeepWithRefills) {
  EXPECT_EQ(only_notes({0, 0x90, 60, 1, 1,  60, 2, 1,  60, 0, 1, 60, 3, 1, 60, 4,  //
                        1, 60,   0,  1, 60, 0,  1, 60, 0}),
            (std::vector<Note>{{Tick{0}, Tick{2}, 60, 1},
                               {Tick{1}, Tick{4}, 60, 2},
                               {Tick{3}, Tick{3}, 60, 3},
                               {Tick{4}, Tick{3}, 60, 4}}));
}

TEST(MidiPairing, ANoteMayHaveNoLength) {
  EXPECT_EQ(only_notes({5, 0x90, 60, 1, 0, 60, 0}), (std::vector<Note>{{Tick{5}, Tick{0}, 60, 1}}));
}

TEST(MidiPairing, HangingNotesEndWithTheNextOfTheirPitchOrTheTrack) {
  const auto read = read_midi(one_track({0, 0x90, 60, 1, 10, 60, 2, 40, 0xb0, 7, 1}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->score.tracks[0].notes,
            (std::vector<Note>{{Tick{0}, Tick{10}, 60, 1}, {Tick{10}, Tick{40}, 60, 2}}));
  ASSERT_EQ(read->warning_count, 1u);
  EXPECT_EQ(read->warnings[0].message,
            "notes that are never released end with the next of their pitch, or with the track");
}

TEST(MidiPairing, AMissingReleaseDoesNotMoveTheOthers) {
  // The second note's release is missing; the fourth's is there.
  EXPECT_EQ(only_notes({0,  0x90, 60, 1, 5,  60, 0, 5,  60, 2,  0,  62, 9,  // 10
                        10, 60,   3,  5, 62, 0,  5, 60, 0,  10, 60, 4,  5, 60, 0}),
            (std::vector<Note>{{Tick{0}, Tick{5}, 60, 1},
                               {Tick{10}, Tick{10}, 60, 2},
                               {Tick{10}, Tick{15}, 62, 9},
                               {Tick{20}, Tick{10}, 60, 3},
                               {Tick{40}, Tick{5}, 60, 4}}));
}

TEST(MidiPairing, HangingNotesDoNotLeakIntoTheNextTrack) {
  const auto tracks = tracks_of(header(1, 2, 96) + track({0, 0x90, 60, 1}) +
                                track({5, 0x80, 60, 0, 0, 0x90, 62, 1, 5, 62, 0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].notes, (std::vector<Note>{{Tick{0}, Tick{0}, 60, 1}}));
  EXPECT_EQ(tracks[1].notes, (std::vector<Note>{{Tick{5}, Tick{5}, 62, 1}}));
}

TEST(MidiPairing, OrphanNoteOffsAreWarnedOfOnceATrack) {
  const auto read = read_midi(one_track({0, 0x80, 60, 1, 0, 60, 1}));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->score.tracks.empty());
  EXPECT_EQ(read->warning_count, 1u);
}

TEST(MidiPairing, ChannelsAreApartAndTenIsDrums) {
  const auto tracks = tracks_of(one_track({0, 0xc9, 8, 0, 0x99, 36, 1, 0, 0x90, 36, 2,  //
                                           5, 0x80, 36, 0, 5, 0x89, 36, 0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_FALSE(tracks[0].is_drum);
  EXPECT_EQ(tracks[0].notes, (std::vector<Note>{{Tick{0}, Tick{5}, 36, 2}}));
  EXPECT_TRUE(tracks[1].is_drum);
  EXPECT_EQ(tracks[1].program, 8);
  EXPECT_EQ(tracks[1].notes, (std::vector<Note>{{Tick{0}, Tick{10}, 36, 1}}));
}

TEST(MidiPairing, ProgramChangesSplitAChannelAndComeBack) {
  const auto tracks = tracks_of(one_track({0, 0xc0, 5, 0, 0x90, 60, 1, 5, 60, 0,  //
                                           0, 0xc0, 3, 0, 0x90, 61, 1, 5, 61, 0,  //
                                           0, 0xc0, 5, 0, 0x90, 62, 1, 5, 62, 0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].program, 5);
  EXPECT_EQ(tracks[0].notes,
            (std::vector<Note>{{Tick{0}, Tick{5}, 60, 1}, {Tick{10}, Tick{5}, 62, 1}}));
  EXPECT_EQ(tracks[1].program, 3);
  EXPECT_EQ(tracks[1].notes, (std::vector<Note>{{Tick{5}, Tick{5}, 61, 1}}));
}

TEST(MidiPairing, ANoteBelongsToTheProgramAtItsOnset) {
  const auto tracks = tracks_of(one_track({0, 0xc0, 5,  0, 0x90, 60, 1, 5, 0xc0, 3,  //
                                           0, 0x90, 60, 2, 5,    60, 0, 5, 60,   0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].notes, (std::vector<Note>{{Tick{0}, Tick{10}, 60, 1}}));
  EXPECT_EQ(tracks[1].notes, (std::vector<Note>{{Tick{5}, Tick{10}, 60, 2}}));
}

TEST(MidiPairing, ControlsBelongToTheProgramOfTheNextNote) {
  const auto tracks = tracks_of(one_track({0, 0xb0, 7,    100, 0, 0xc0, 5, 0,  0x90, 60,   1, 5, 60,
                                           0, 0,    0xc0, 9,   0, 0xb0, 7, 90, 0,    0xc0, 3,  //
                                           0, 0x90, 61,   1,   5, 61,   0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].controls, (std::vector<Control>{{Tick{0}, 7, 100}}));
  EXPECT_EQ(tracks[1].program, 3);
  EXPECT_EQ(tracks[1].controls, (std::vector<Control>{{Tick{5}, 7, 90}}));
}

TEST(MidiPairing, ControlsBetweenTwoVisitsOfAProgramJoinIt) {
  const auto tracks = tracks_of(one_track({0, 0xc0, 5, 0,  0x90, 60,   1,  5, 60,   0,  //
                                           0, 0xc0, 9, 0,  0xb0, 7,    90, 0, 0xc0, 5,  //
                                           0, 0xb0, 7, 91, 0,    0x90, 61, 1, 5,    61, 0}));
  ASSERT_EQ(tracks.size(), 1u);
  EXPECT_EQ(tracks[0].notes.size(), 2u);
  EXPECT_EQ(tracks[0].controls, (std::vector<Control>{{Tick{5}, 7, 90}, {Tick{5}, 7, 91}}));
}

TEST(MidiPairing, ControlsAfterTheLastNoteStayWithIt) {
  const auto tracks =
      tracks_of(one_track({0, 0xc0, 5, 0, 0x90, 60, 1, 5, 60, 0, 0, 0xc0, 9, 0, 0xb0, 7, 0}));
  ASSERT_EQ(tracks.size(), 1u);
  EXPECT_EQ(tracks[0].program, 5);
  EXPECT_EQ(tracks[0].controls, (std::vector<Control>{{Tick{5}, 7, 0}}));
}

TEST(MidiPairing, ManyProgramChangesWithoutNotesLeaveNothing) {
  ByteString body = kNote;
  for (int i = 0; i < 70'000; ++i)
    body = std::move(body) + bytes({0, 0xc0, 1 + i % 100, 0, 0xb0, 7, 1, 0, 0xc0, 0});
  const auto tracks = tracks_of(raw_track(body + kEnd));
  ASSERT_EQ(tracks.size(), 1u);
  EXPECT_EQ(tracks[0].controls.size(), 70'000u);
}

TEST(MidiPairing, ASetUpTrackGivesProgramsToTheTracksAfterIt) {
  const auto tracks =
      tracks_of(header(1, 3, 96) + track({0, 0xc0, 40, 0, 0xc1, 41}) + chunk("MTrk", kNote + kEnd) +
                track({0, 0xc1, 7, 0, 0x91, 60, 1, 5, 60, 0}));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].program, 40);
  EXPECT_EQ(tracks[1].program, 7);
}

// Parts of an orchestra share channels. A track without notes speaks for all.
TEST(MidiPairing, ATrackKeepsItsOwnProgramBesideOthersOnItsChannel) {
  const auto tracks =
      tracks_of(header(1, 3, 96) +
                track({0, 0xc0, 73, 1, 0x90, 60, 1, 5, 60, 0,  //
                       20, 0x90, 61, 1, 5, 61, 0}) +
                track({0, 0xc0, 47, 1, 0x90, 40, 1, 5, 40, 0}) + track({20, 0xc0, 9}));
  ASSERT_EQ(tracks.size(), 3u);
  EXPECT_EQ(tracks[0].program, 73);
  EXPECT_EQ(tracks[1].program, 9) << "automation";
  EXPECT_EQ(tracks[2].program, 47);
}

TEST(MidiPairing, AProgramHoldsForItsChannelInAllTracks) {
  const auto tracks =
      tracks_of(header(1, 2, 96) + track({0, 0xc0, 40, 0, 0x90, 60, 1, 5, 60, 0, 80, 0xc0, 7}) +
                chunk("MTrk", kNote + kNote + kEnd));
  ASSERT_EQ(tracks.size(), 3u);  // the second note of the other track begins after the change
  EXPECT_EQ(tracks[0].program, 40);
  EXPECT_EQ(tracks[1].program, 40);
  EXPECT_EQ(tracks[2].program, 7);
}

TEST(MidiPairing, AllNotesOffEndsWhatItsChannelHoldsInAllTracks) {
  const auto tracks = tracks_of(header(1, 2, 96) + track({0, 0x90, 60, 1, 90, 0xb0, 123, 0}) +
                                track({10, 0x90, 64, 1, 0, 0x91, 50, 1, 100, 50, 0}));
  ASSERT_EQ(tracks.size(), 3u);
  EXPECT_EQ(tracks[0].notes[0].duration, Tick{90});
  EXPECT_EQ(tracks[1].notes[0].duration, Tick{80});
  EXPECT_EQ(tracks[2].notes[0].duration, Tick{100});
}

TEST(MidiPairing, PortsAreApart) {
  const auto read = read_midi(header(1, 2, 96) + track({0, 0xc0, 40, 0, 0x90, 60, 1, 5, 60, 0}) +
                              track({0, 0xff, 0x21, 1, 1, 0, 0x90, 60, 1, 5, 60, 0}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->parts.size(), 2u);
  EXPECT_EQ(read->parts[1].port, 1);
  EXPECT_EQ(read->score.tracks[1].program, 0);
}

TEST(MidiPairing, EachChunkMakesTracksOfItsOwn) {
  const ByteString part = chunk("MTrk", bytes({0, 0xc0, 5}) + kNote + kEnd);
  EXPECT_EQ(tracks_of(header(1, 2, 96) + part + part).size(), 2u);
}

TEST(MidiNames, AChunksFirstNameNamesItsTracks) {
  const auto read =
      read_midi(header(1, 2, 96) + track({0, 0xff, 3, 4, 'S', 'o', 'n', 'g'}) +
                track({0, 0xff, 3,  4, 'B', 'a', 's', 's', 0,    0xff, 3, 1, 'x',  //
                       0, 0x90, 40, 1, 5,   40,  0,   0,   0x91, 40,   1, 5, 40,  0}));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->score.tracks.size(), 2u);
  EXPECT_EQ(read->score.tracks[0].name, "Bass");
  EXPECT_EQ(read->score.tracks[1].name, "Bass");
  EXPECT_EQ(read->score.texts, (std::vector<Text>{{Tick{0}, 3, "Song"}, {Tick{0}, 3, "x"}}));
}

TEST(MidiNames, InATypeZeroFileTheNameIsThePieces) {
  const auto read = read_midi(raw_track(bytes({0, 0xff, 3, 1, 'x'}) + kNote + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->score.tracks[0].name, "");
  EXPECT_EQ(read->score.texts, (std::vector<Text>{{Tick{0}, 3, "x"}}));
}

TEST(MidiNames, ALongNameIsNotMultiplied) {
  const ByteString name = bytes({0, 0xff, 3, 0x82, 0}) + ByteString(256, 'n');
  const auto tracks = tracks_of(
      header(1, 1, 96) + chunk("MTrk", name + kNote + bytes({0, 0x91, 40, 1, 5, 40, 0}) + kEnd));
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[0].name.size(), 256u);
  EXPECT_EQ(tracks[1].name, "");
}

}  // namespace
}  // namespace sage::test
