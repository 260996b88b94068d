#include "live/byte_parser.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace sage::live {
namespace {

std::vector<Message> parse(const std::vector<int>& bytes) {
  ByteParser parser;
  std::vector<Message> out;
  for (const int byte : bytes)
    if (const auto message = parser.push(static_cast<std::uint8_t>(byte))) out.push_back(*message);
  return out;
}

TEST(ByteParser, ReadsRunningStatus) {
  EXPECT_EQ(parse({0x91, 60, 80, 64, 81, 0xc2, 5, 6}),
            (std::vector<Message>{note_on(1, 60, 80), note_on(1, 64, 81), program_change(2, 5),
                                  program_change(2, 6)}));
}

TEST(ByteParser, LetsRealTimeMessagesPassInTheMiddle) {
  EXPECT_EQ(parse({0x90, 60, 0xf8, 80}),
            (std::vector<Message>{system_message(kClockPulse), note_on(0, 60, 80)}));
}

TEST(ByteParser, SkipsSystemExclusive) {
  EXPECT_EQ(parse({0xf0, 1, 2, 0xf8, 3, 0xf7, 60, 80, 0x80, 60, 64}),
            (std::vector<Message>{system_message(kClockPulse), note_off(0, 60)}));
}

TEST(ByteParser, ReadsSongPositionWithoutRunningOn) {
  const auto messages = parse({0xf2, 1, 2, 3, 4});
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].bytes, (std::array<std::uint8_t, 3>{0xf2, 1, 2}));
}

TEST(ByteParser, MakesOnlyWellFormedMessagesOfNonsense) {
  Random random(7);
  ByteParser parser;
  int messages = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto message = parser.push(static_cast<std::uint8_t>(random.below(256)));
    if (!message) continue;
    ++messages;
    ASSERT_GE(message->bytes[0], 0x80);
    ASSERT_EQ(message->size, message_size(message->bytes[0]));
    for (int d = 1; d < message->size; ++d)
      ASSERT_LT(message->bytes[static_cast<std::size_t>(d)], 0x80);
  }
  EXPECT_GT(messages, 1000);
}

}  // namespace
}  // namespace sage::live
