#include "generate/wishes_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "generate/wishes_check.h"

namespace sage {
namespace {

TEST(WishesJson, ReadsEveryField) {
  const auto wishes = wishes_from_text(R"({
    "key": "Eb major", "chromatic": 0.1, "chords": "Eb | Bb7", "strict_chords": true,
    "bass_roots": false, "range": {"flute": "C4-Bb6", "33": [28, "G3"]},
    "polyphony": {"all": 4, "flute": 1}, "single_voices": true, "playable": true,
    "density": {"flute": 5.5, "drums": "sparse"}, "rhythm": {"bass": "x..x|x.o."},
    "melody": {"flute": "C5 D5 62", "violin": {"contour": "+-="}}, "surprise": "1.5",
    "drum_map": ["kick", 38, "Closed Hi-Hat"]})");
  ASSERT_TRUE(wishes) << wishes.error().message;
  EXPECT_EQ(wishes->key, "Eb major");
  EXPECT_EQ(wishes->chromatic, 0.1);
  EXPECT_TRUE(wishes->strict_chords && !wishes->bass_roots);
  ASSERT_EQ(wishes->ranges.size(), 2U);
  EXPECT_EQ(wish_for(wishes->ranges, 73)->range.high, 94);
  EXPECT_EQ(wish_for(wishes->ranges, 33)->range.high, 55);
  EXPECT_EQ(wish_for(wishes->polyphony, 73)->voices, 1);
  EXPECT_EQ(wish_for(wishes->polyphony, 0)->voices, 4);
  EXPECT_EQ(wish_for(wishes->density, 73)->notes, 5.5);
  EXPECT_GT(wish_for(wishes->density, 128)->notes, 0);
  EXPECT_EQ(wish_for(wishes->melody, 73)->pitches, (std::vector<int>{72, 74, 62}));
  EXPECT_EQ(wish_for(wishes->melody, 40)->contour, "+-=");
  EXPECT_EQ(wishes->surprise, 1.5);
  EXPECT_EQ(wishes->drum_map, (std::vector<int>{36, 38, 42}));
  EXPECT_EQ(wishes_from_text(to_json(*wishes).dump()).value(), *wishes);
}

TEST(WishesJson, AValueAloneIsForAll) {
  EXPECT_EQ(wish_for(wishes_from_text(R"({"density": 4})")->density, 5)->notes, 4);
  const auto word = wishes_from_text(R"({"density": "dense"})", std::vector<int>{0, 73});
  EXPECT_EQ(word->density.size(), 2U);
  const auto others =
      wishes_from_text(R"({"density": {"all": "dense", "flute": 2}})", std::vector<int>{0, 73});
  EXPECT_EQ(wish_for(others->density, 73)->notes, 2);
  EXPECT_EQ(others->density.size(), 2U);
}

TEST(WishesJson, RefusesWithWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "must be a JSON object"},
      {"{", "not valid JSON"},
      {R"({"cords": "C"})", "did you mean 'chords'?"},
      {R"({"zzz": 1})", "known are key"},
      {R"({"key": 3})", "key must be a text"},
      {R"({"density": "densse"})", "did you mean 'dense'?"},
      {R"({"range": {"flute": "C4"}})", "range of flute must be two pitches"},
      {R"({"range": {"kazoo": "C4-C5"}})", "no instrument is called 'kazoo'"},
      {R"({"melody": {"flute": "C4 H4"}})", "H4"},
      {R"({"drum_map": ["gong"]})", "gong"},
      {R"({"playable": "yes"})", "true or false"},
      {R"({"surprise": "much"})", "must be a number"},
  };
  for (const auto& [text, part] : cases) {
    const auto wishes = wishes_from_text(text);
    ASSERT_FALSE(wishes) << text;
    EXPECT_NE(wishes.error().message.find(part), std::string::npos) << wishes.error().message;
  }
}

TEST(WishesCheck, RefusesSingleWishesWithTheirName) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"key": "H"})", "key: 'H' is not a key"},
      {R"({"chords": "C | Xm"})", "chords: bar 2"},
      {R"({"chromatic": 0.5})", "name the key"},
      {R"({"key": "C", "chromatic": 1.5})", "between 0 and 1"},
      {R"({"range": {"flute": "C5-C4"}})", "range of Flute"},
      {R"({"polyphony": {"piano": 0}})", "polyphony"},
      {R"({"density": -1})", "density of every instrument"},
      {R"({"rhythm": "x.y"})", "has a 'y'"},
      {R"({"rhythm": "|"})", "1 to 10000 letters"},
      {R"({"surprise": 9})", "surprise must lie"},
      {R"({"melody": {"flute": {"contour": "up"}}})", "only +, - and ="},
      {R"({"density": {"flute": 1, "73": 2}})", "Flute is named twice"},
      {R"({"density": {"oboe": 1}})", "not among the instruments"},
  };
  for (const auto& [text, part] : cases) {
    const auto wishes = wishes_from_text(text);
    ASSERT_TRUE(wishes) << wishes.error().message;
    const auto ok = check_wishes(*wishes, std::vector<int>{0, 73, 128});
    ASSERT_FALSE(ok) << text;
    EXPECT_NE(ok.error().message.find(part), std::string::npos) << ok.error().message;
  }
}

TEST(WishesCheck, RefusesContradictionsWithBothNames) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {R"({"key": "C", "chords": "C | E7 | G"})", "key 'C'", "chords: bar 2 has Ab"},
      {R"({"chords": "C | F#", "range": {"flute": "C4-C4"}})", "chords", "range of Flute"},
      {R"({"chords": "C/E", "range": {"bass": "C2-D2"}})", "chords", "range of Electric Bass"},
      {R"({"key": "C", "range": {"flute": "F#4-F#4"}})", "key 'C'", "range of Flute"},
      {R"({"density": {"flute": 0}, "rhythm": {"flute": "x."}})", "density 0", "rhythm"},
      {R"({"density": 4, "rhythm": {"flute": "..."}})", "rhythm '...'", "density of Flute"},
      {R"({"density": 0, "melody": {"flute": "C4"}})", "density 0", "melody of Flute"},
      {R"({"range": {"flute": "C5-C6"}, "melody": {"flute": "C4"}})", "range", "melody of Flute"},
      {R"({"range": {"flute": "C5-D5"}, "melody": {"flute": {"contour": "+++"}}})", "range",
       "3 steps"},
      {R"({"key": "C", "melody": {"flute": "F#4"}})", "key 'C'", "melody of Flute"},
      {R"({"playable": true, "range": {"flute": "C1-C2"}})", "playable", "range of Flute"},
      {R"({"playable": true, "melody": {"flute": "C1"}})", "playable", "melody of Flute"},
      {R"({"playable": true, "polyphony": {"flute": 2}})", "playable", "polyphony 2 of Flute"},
      {R"({"drum_map": ["kick"], "range": {"drums": [40, 50]}})", "drum_map", "range of Drums"},
      {R"({"drum_map": ["kick"], "melody": {"drums": [38]}})", "drum_map", "melody of Drums"},
  };
  for (const auto& [text, first, second] : cases) {
    const auto wishes = wishes_from_text(text);
    ASSERT_TRUE(wishes) << wishes.error().message;
    const auto ok = check_wishes(*wishes);
    ASSERT_FALSE(ok) << text;
    EXPECT_NE(ok.error().message.find(first), std::string::npos) << ok.error().message;
    EXPECT_NE(ok.error().message.find(second), std::string::npos) << ok.error().message;
  }
}

}  // namespace
}  // namespace sage
