#include "midi/writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <set>

#include "file_score.h"
#include "midi/reader.h"
#include "random_music.h"
#include "score/timeline.h"
#include "smf_bytes.h"

namespace sage::test {
namespace {

/// Expects that the score comes back, and without a warning.
void expect_round_trip(const Score& score) {
  const auto read = read_midi(write_midi(score));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warning_count, 0u);
  EXPECT_TRUE(read->score == score);
}

Track part(int program, std::vector<Note> notes) {
  Track track;
  track.program = static_cast<std::uint8_t>(program);
  track.notes = std::move(notes);
  return track;
}

TEST(MidiWriter, WritesWhatTheStandardSays) {
  Score score;
  score.ticks_per_quarter = 96;
  score.tempos = {{Tick{0}, 500'000}};
  score.tracks = {part(5, {{Tick{0}, Tick{96}, 60, 64}, {Tick{0}, Tick{96}, 64, 64}})};
  score.tracks[0].name = "A";
  EXPECT_EQ(write_midi(score), header(1, 2, 96) + track({0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20}) +
                                   track({0,  0xff, 3,  1,  'A', 0,  0xc0, 5, 0,  0x90, 60,
                                          64, 0,    64, 64, 96,  60, 0,    0, 64, 0}));
}

TEST(MidiWriter, AnEmptyScoreIsAFile) { expect_round_trip(Score{}); }

RC_GTEST_PROP(MidiRoundTrip, AFewTracks, ()) {
  const Score score = *any_file_score(4);
  const auto read = read_midi(write_midi(score));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->warning_count == 0u);
  RC_ASSERT(read->score == score);
}

RC_GTEST_PROP(MidiRoundTrip, MoreTracksThanChannels, ()) {
  const Score score = *any_file_score(60);
  const auto read = read_midi(write_midi(score));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->warning_count == 0u);
  RC_ASSERT(read->score == score);
}

/// Notes of a pitch that end out of order come back paired anew, with the same starts and ends.
RC_GTEST_PROP(MidiRoundTrip, AnyScoreKeepsItsNotesAndIsStableFromThen, ()) {
  const Score score = *any_score();
  const auto read = read_midi(write_midi(score));
  RC_ASSERT(read.has_value());
  RC_ASSERT(note_count(read->score) == note_count(score));
  RC_ASSERT(end_of(read->score) == end_of(score));
  RC_ASSERT(read_midi(write_midi(read->score))->score == read->score);
}

TEST(MidiRoundTrip, NotesThatTouchOverlapAndHaveNoLength) {
  Score score;
  score.tracks = {part(0, {{Tick{0}, Tick{10}, 60, 1},
                           {Tick{0}, Tick{20}, 60, 2},
                           {Tick{10}, Tick{10}, 60, 3},
                           {Tick{20}, Tick{0}, 60, 4},
                           {Tick{20}, Tick{0}, 60, 5},
                           {Tick{20}, Tick{5}, 60, 6},
                           {Tick{25}, Tick{0}, 60, 7}})};
  expect_round_trip(score);
}

TEST(MidiRoundTrip, EqualTracksStayApart) {
  Score score;
  const Track same = part(7, {{Tick{0}, Tick{10}, 60, 1}, {Tick{5}, Tick{10}, 60, 1}});
  score.tracks = {same, same, same};
  score.tracks.push_back(same);
  score.tracks.back().is_drum = true;
  score.tracks.push_back(score.tracks.back());
  score.tracks.back().program = 25;  // another kit on the same channel
  expect_round_trip(score);
}

TEST(MidiRoundTrip, LongWaitsAreBridged) {
  Score score;
  const std::int64_t far = (std::int64_t{1} << 36) - 100;
  score.tracks = {part(0, {{Tick{far}, Tick{50}, 60, 1}})};
  score.texts = {{Tick{0x10000000}, 1, "one too long for a delta time"}};
  expect_round_trip(score);
}

/// The channels of a file's note-ons, chunk by chunk, seen with the reader's eyes: one chunk a
/// track.
std::vector<std::set<int>> channels_by_chunk(const std::vector<std::uint8_t>& file) {
  std::vector<std::set<int>> channels;
  for (std::size_t at = 14; at + 8 <= file.size();) {
    const std::size_t length = static_cast<std::size_t>(file[at + 4]) << 24 | file[at + 5] << 16 |
                               file[at + 6] << 8 | file[at + 7];
    std::set<int>& found = channels.emplace_back();
    // Every track here starts with its program change at tick 0.
    if (length > 4) found.insert(file[at + 9] & 0x0f);
    at += 8 + length;
  }
  channels.erase(channels.begin());
  return channels;
}

std::vector<int> channels_of(const Score& score) {
  std::vector<int> channels;
  for (const auto& found : channels_by_chunk(write_midi(score))) channels.push_back(*found.begin());
  return channels;
}

TEST(MidiChannels, UpToFifteenTracksHaveOneEachAndDrumsHaveTen) {
  Score score;
  for (int i = 0; i < 15; ++i) score.tracks.push_back(part(i / 2, {{Tick{0}, Tick{1}, 60, 1}}));
  score.tracks.push_back(part(0, {{Tick{0}, Tick{1}, 60, 1}}));
  score.tracks.back().is_drum = true;
  const auto channels = channels_of(score);
  ASSERT_EQ(channels.size(), 16u);
  EXPECT_EQ(std::set<int>(channels.begin(), channels.end()).size(), 16u);
  EXPECT_EQ(channels.back(), 9);
  expect_round_trip(score);
}

TEST(MidiChannels, BeyondThatTracksShareWithTheirOwnProgramFirst) {
  Score score;
  for (int i = 0; i < 40; ++i) score.tracks.push_back(part(i % 10, {{Tick{0}, Tick{1}, 60, 1}}));
  const auto channels = channels_of(score);
  std::vector<std::set<int>> programs(16);
  for (int i = 0; i < 40; ++i) programs[static_cast<std::size_t>(channels[i])].insert(i % 10);
  for (const auto& on_channel : programs) EXPECT_LE(on_channel.size(), 1u);
  EXPECT_TRUE(programs[9].empty());
  expect_round_trip(score);
}

TEST(MidiChannels, WithTooManyProgramsEachIsSentAgainBeforeItsNotes) {
  Score score;
  for (int i = 0; i < 20; ++i)
    score.tracks.push_back(part(
        i, {{Tick{10}, Tick{1}, 60, 1}, {Tick{10}, Tick{1}, 64, 1}, {Tick{20}, Tick{1}, 60, 1}}));
  // Something between, so that running status hides no program change.
  for (Track& track : score.tracks) track.controls = {{Tick{0}, 7, 100}};
  const auto file = write_midi(score);
  std::size_t program_changes = 0;
  for (std::size_t i = 0; i + 1 < file.size(); ++i)
    program_changes += (file[i] & 0xf0) == 0xc0 && file[i + 1] == 0;
  // Programs 0 and 15 share a channel: at the start and before each of two onsets.
  EXPECT_EQ(program_changes, 3u);
  expect_round_trip(score);
}

TEST(MidiWriter, ValuesOutOfRangeAreBroughtIntoIt) {
  Score score;
  score.ticks_per_quarter = 1'000'000;
  score.tempos = {{Tick{0}, 0xffffffff}, {Tick{5}, 0}};
  score.meters = {{Tick{0}, {0, 0}}};
  score.keys = {{Tick{0}, 100, false}};
  score.texts = {{Tick{0}, 0x2f, "not the end"}};
  score.tracks = {part(200, {{Tick{-5}, Tick{-5}, 200, 0}, {Tick{3}, Tick{1}, 60, 255}})};
  score.tracks[0].bends = {{Tick{0}, 32767}};
  const auto read = read_midi(write_midi(score));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warning_count, 0u);
  EXPECT_EQ(note_count(read->score), 2u);
  EXPECT_EQ(read->score.ticks_per_quarter, 0x7fff);
  EXPECT_EQ(read->score.keys[0].sharps, 7);
}

TEST(MidiWriter, AFileIsWrittenAndReadBack) {
  Score score;
  score.tracks = {part(0, {{Tick{0}, Tick{10}, 60, 1}})};
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "sage_writer.mid";
  ASSERT_TRUE(write_midi_file(score, path));
  const auto read = read_midi_file(path);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->score == score);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace sage::test
