#include "serve/fields.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "serve/base64.h"
#include "serve/music_json.h"
#include "serve/utf8.h"

namespace sage::serve {
namespace {

std::string error_of(std::string_view text, void (*read)(Fields&)) {
  const auto json = parse_body(text);
  if (!json) return json.error().message;
  Fields fields(*json);
  read(fields);
  const auto done = fields.done();
  return done ? "" : done.error().message;
}

TEST(Fields, NamesWhatIsWrong) {
  const auto read = [](Fields& fields) {
    (void)fields.integer("bars", 1, 8);
    (void)fields.number("tempo", 24, 240);
  };
  EXPECT_EQ(error_of(R"({"bars": 3, "tempo": 99.5})", read), "");
  EXPECT_EQ(error_of(R"({"bars": null})", read), "");
  EXPECT_EQ(error_of(R"({"bars": 9})", read), "bars: must be a whole number from 1 to 8");
  EXPECT_EQ(error_of(R"({"bars": 18446744073709551615})", read),
            "bars: must be a whole number from 1 to 8");
  EXPECT_EQ(error_of(R"({"bars": "3"})", read), "bars: must be a whole number from 1 to 8");
  EXPECT_EQ(error_of(R"({"bars": 2.5})", read), "bars: must be a whole number from 1 to 8");
  EXPECT_EQ(error_of(R"({"tempo": 1e999})", read), "the body is not valid JSON");
  EXPECT_EQ(error_of(R"({"bar": 3})", read), "unknown field 'bar'; known here: bars, tempo");
  EXPECT_EQ(error_of("[]", read), "the body must be a JSON object");
  EXPECT_EQ(error_of("{", read), "the body is not valid JSON");
}

TEST(Fields, RefusesDeepNesting) {
  EXPECT_FALSE(parse_body("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
  EXPECT_TRUE(parse_body("{\"a\":\"" + std::string(100, '[') + "\"}"));
}

TEST(Base64, KnownValues) {
  const auto text = [](std::string_view s) {
    return to_base64({reinterpret_cast<const std::uint8_t*>(s.data()), s.size()});
  };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("f"), "Zg==");
  EXPECT_EQ(text("fo"), "Zm8=");
  EXPECT_EQ(text("foobar"), "Zm9vYmFy");
  for (const char* wrong : {"Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9v\n"})
    EXPECT_FALSE(from_base64(wrong)) << wrong;
}

RC_GTEST_PROP(Base64, ComesBack, (const std::vector<std::uint8_t>& bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)).value() == bytes);
}

RC_GTEST_PROP(Utf8, AnyBytesBecomeValidJson, (const std::string& bytes)) {
  const Json json = utf8_of(bytes);
  RC_ASSERT(Json::parse(json.dump()) == json);
}

TEST(MusicJson, ComesBack) {
  Music music;
  music.score.ticks_per_quarter = 96;
  Track track;
  track.name = "Bass";
  track.program = 33;
  track.controls = {{Tick{0}, kVolume, 90}, {Tick{0}, kPan, 10}};
  track.notes = {{{0}, {96}, 40, 80}, {{96}, {0}, 43, 1}};
  music.score.tracks = {track, {}};
  music.score.tracks[1].is_drum = true;
  music.score.tempos = {{{0}, 500'000}, {{192}, 400'001}};
  music.score.meters = {{{0}, {6, 8}}};
  music.score.keys = {{{0}, -3, true}};
  music.parts = {4, std::nullopt};
  const auto read = music_from_json(music_json(music));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->score, music.score);
  EXPECT_EQ(read->parts, music.parts);
}

TEST(MusicJson, NamesTheNote) {
  const auto error = [](const char* text) {
    const auto read = music_from_json(Json::parse(text));
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(error(R"({"tracks":[{"notes":[[0,1,60,80],[0,1,128,80]]}]})"),
            "music.tracks[0].notes[1]: pitch must be a whole number from 0 to 127");
  EXPECT_EQ(error(R"({"tracks":[{"notes":[[0,1,60]]}]})"),
            "music.tracks[0].notes[0]: must be a list of 4 numbers");
  EXPECT_EQ(error(R"({"tracks":[], "meters":[[0,3,5]]})"),
            "music.meters: a denominator must be a power of two, such as 4 or 8");
  EXPECT_EQ(error(R"({"tracks":[{"notes":[[-1,1,60,80]]}]})"),
            "music.tracks[0].notes[0]: onset must be a whole number from 0 to 68719476735");
  EXPECT_EQ(error(R"({"trakcs":[]})").substr(0, 29), "unknown field 'music.trakcs';");
}

}  // namespace
}  // namespace sage::serve
