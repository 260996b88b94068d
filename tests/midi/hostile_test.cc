// Bytes that nobody wrote as music: no crash, no hang, and nothing that the file does not pay for.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "base/random.h"
#include "file_score.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/timeline.h"
#include "smf_bytes.h"

namespace sage::test {
namespace {

/// What every accepted file has to satisfy, however odd it is.
void check(const ByteString& file) {
  const auto read = read_midi(file);
  if (!read) {
    ASSERT_TRUE(read.error().offset.has_value());
    ASSERT_LE(*read.error().offset, file.size());
    ASSERT_EQ(read.error().message.find('\n'), std::string::npos);
    return;
  }
  ASSERT_LE(note_count(read->score), file.size() / 2);
  for (const MidiWarning& warning : read->warnings) ASSERT_LE(warning.offset, file.size());
  (void)bars_of(read->score, end_of(read->score));
  const auto again = read_midi(write_midi(read->score));
  ASSERT_TRUE(again);
  ASSERT_TRUE(again->score == read->score);
}

/// A file with something of everything.
ByteString sample() {
  return header(1, 3, 96) +
         track({0, 0xff, 0x51, 3,    7, 0xa1, 0x20, 0,  0xff, 0x58, 4, 3,   2,  24,
                8, 0,    0xff, 0x59, 2, 1,    0,    96, 0xff, 5,    2, 'l', 'a'}) +
         track({0,  0xff, 3,  1,    'A', 0,  0xc0, 5,    0,  0xb0, 7,    100,  0,  0x90, 60,
                64, 48,   60, 0,    0,   64, 64,   0,    67, 64,   0x81, 0,    64, 0,    0,
                67, 0,    0,  0xe0, 0,   64, 0,    0xa0, 60, 1,    0,    0xd0, 1}) +
         chunk("XTRA", bytes({1, 2, 3})) +
         track({0, 0xf0, 3, 1, 2, 0xf7, 0, 0x99, 36, 64, 24, 36, 0, 0, 0xc9, 3, 0, 0x99, 38, 1});
}

TEST(MidiHostile, TruncationAtEveryByte) {
  const ByteString whole = sample();
  for (std::size_t size = 0; size <= whole.size(); ++size)
    check(ByteString(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
}

TEST(MidiHostile, EveryByteSetToEveryTellingValue) {
  const ByteString whole = sample();
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const int value : {0x00, 0x01, 0x2f, 0x7f, 0x80, 0x90, 0xc0, 0xf0, 0xf7, 0xff}) {
      ByteString file = whole;
      file[i] = static_cast<std::uint8_t>(value);
      check(file);
    }
}

TEST(MidiHostile, RandomBitFlips) {
  const ByteString whole = sample();
  Random random(1);
  for (int round = 0; round < 5000; ++round) {
    ByteString file = whole;
    for (std::uint32_t flips = 1 + random.below(8); flips > 0; --flips)
      file[random.below(static_cast<std::uint32_t>(file.size()))] ^=
          static_cast<std::uint8_t>(1u << random.below(8));
    check(file);
  }
}

TEST(MidiHostile, RandomBytesAfterAHeader) {
  Random random(2);
  for (int round = 0; round < 2000; ++round) {
    ByteString body;
    for (std::uint32_t n = random.below(300); n > 0; --n)
      body.push_back(static_cast<std::uint8_t>(random.below(256)));
    check(header(static_cast<int>(random.below(3)), 1, 96) + chunk("MTrk", body));
  }
}

RC_GTEST_PROP(MidiHostileProperty, DamagedScores, ()) {
  ByteString file = write_midi(*any_file_score(6));
  const int cuts = *rc::gen::inRange(1, 4);
  for (int i = 0; i < cuts; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, file.size());
    const auto count = std::min(*rc::gen::inRange<std::size_t>(0, 20), file.size() - at);
    const auto from = file.begin() + static_cast<std::ptrdiff_t>(at);
    if (*rc::gen::arbitrary<bool>())
      file.erase(from, from + static_cast<std::ptrdiff_t>(count));
    else
      file.insert(from, count, *rc::gen::arbitrary<std::uint8_t>());
    if (file.empty()) break;
  }
  check(file);
}

TEST(MidiHostile, ManyTinyTracksTakeLinearTime) {
  ByteString file = header(1, 0, 96);
  const ByteString tiny = chunk("MTrk", bytes({0, 0x90, 60, 1}), 0xffffffff);
  while (file.size() < 3'000'000) file.insert(file.end(), tiny.begin(), tiny.end());
  const auto read = read_midi(file);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->score.tracks.size(), read->track_chunks);
}

TEST(MidiHostile, ManyNotesAtOneTickTakeLittleTime) {
  ByteString body = bytes({0, 0x90, 60, 1});
  for (int i = 0; i < 1'000'000; ++i) body.insert(body.end(), {0, 60, 1});
  const auto read = read_midi(raw_track(body + kEnd));
  ASSERT_TRUE(read);
  EXPECT_EQ(note_count(read->score), 1'000'001u);
}

}  // namespace
}  // namespace sage::test
