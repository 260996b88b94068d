#include "serve/jam_wire.h"

#include <gtest/gtest.h>

namespace sage::serve {
namespace {

Result<JamWish> start(const char* text) {
  const Json json = Json::parse(text);
  Fields fields(json);
  return read_start(fields);
}

Result<JamInput> input(std::string_view type, const char* text) {
  const Json json = Json::parse(text);
  Fields fields(json);
  return read_input(type, fields);
}

TEST(JamWire, StartsWithoutWishes) {
  const auto wish = start("{}");
  ASSERT_TRUE(wish) << wish.error().message;
  ASSERT_EQ(wish->session.lineup.players.size(), 4U);
  EXPECT_FALSE(wish->session.lineup.players[0].is_band);
  EXPECT_EQ(wish->session.mode, "accompany");
  EXPECT_EQ(wish->session.output_delay_us, wish->ahead_us);
  EXPECT_EQ(wish->ahead_us, 150'000);
}

TEST(JamWire, TakesWishes) {
  const auto wish = start(
      R"({"instrument":"flute","roles":"drums","mode":"respond","tempo":96.5,"ahead":80,"bars":8})");
  ASSERT_TRUE(wish) << wish.error().message;
  EXPECT_EQ(wish->session.lineup.given(), std::vector<int>{73});
  EXPECT_EQ(wish->session.lineup.band(), std::vector<int>{128});
  EXPECT_EQ(wish->band.bpm, 96.5);
  EXPECT_EQ(wish->ahead_us, 80'000);
  EXPECT_EQ(wish->session.end, Tick{8}) << "in bars";
}

TEST(JamWire, RefusesWhatItCannotPlay) {
  for (const char* text :
       {R"({"tempo":10})", R"({"tempo":"fast"})", R"({"instrument":"xyzzy"})",
        R"({"roles":"bass,bass,xyzzy"})", R"({"phrase":0})", R"({"seed":-1})", R"({"loud":1})"}) {
    const auto wish = start(text);
    ASSERT_FALSE(wish) << text;
    EXPECT_EQ(wish.error().message.find('\n'), std::string::npos);
  }
}

TEST(JamWire, ReadsWhatAPersonPlays) {
  const auto note = input("midi", R"({"data":[147,60,90],"time":12.5})");
  ASSERT_TRUE(note);
  EXPECT_EQ(note->message->data().size(), 3U);
  EXPECT_EQ(note->message->bytes[0], 147);
  EXPECT_EQ(note->message->time_us, 12'500);
  for (const char* data : {"[144,60]", "[144,60,90,1]", "[144,60,128]", "[240,1,1]", "[192,1,1]",
                           "[144,60,1.5]", "[-112,60,1]", "[400,60,1]", "\"abc\"", "null"})
    EXPECT_FALSE(input("midi", (R"({"data":)" + std::string(data) + "}").c_str())) << data;
  EXPECT_EQ(input("tempo", R"({"change":-4})")->command->value, -4);
  EXPECT_FALSE(input("tempo", "{}"));
  EXPECT_FALSE(input("mute", R"({"part":16})"));
  EXPECT_FALSE(input("dance", "{}"));
}

TEST(JamWire, TellsNotesWithTheirTimes) {
  live::Message message = live::note_on(3, 60, 90);
  message.time_us = 1'234'567;
  const Json json = Json::parse(played_text(std::span(&message, 1)));
  EXPECT_EQ(json["messages"][0], Json::parse("[1234.567,147,60,90]"));
}

}  // namespace
}  // namespace sage::serve
