#include "score/harmony.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace sage {
namespace {

std::set<int> tones(const Chord& chord) {
  std::set<int> set;
  for (int i = 0; i < 12; ++i)
    if (chord.tones[static_cast<std::size_t>(i)]) set.insert(i);
  return set;
}

// Spelled out by hand from the usual tables of chord symbols.
TEST(Chords, CommonSpellings) {
  const std::map<std::string, std::set<int>> expected = {{"C", {0, 4, 7}},
                                                         {"Cm", {0, 3, 7}},
                                                         {"C-", {0, 3, 7}},
                                                         {"Cmin", {0, 3, 7}},
                                                         {"Cmaj", {0, 4, 7}},
                                                         {"CM7", {0, 4, 7, 11}},
                                                         {"Cmaj7", {0, 4, 7, 11}},
                                                         {"CΔ", {0, 4, 7, 11}},
                                                         {"CΔ7", {0, 4, 7, 11}},
                                                         {"C7", {0, 4, 7, 10}},
                                                         {"Cm7", {0, 3, 7, 10}},
                                                         {"CmM7", {0, 3, 7, 11}},
                                                         {"Cm(maj7)", {0, 3, 7, 11}},
                                                         {"Cdim", {0, 3, 6}},
                                                         {"Co7", {0, 3, 6, 9}},
                                                         {"Cdim7", {0, 3, 6, 9}},
                                                         {"Cø", {0, 3, 6, 10}},
                                                         {"Cø7", {0, 3, 6, 10}},
                                                         {"Cm7b5", {0, 3, 6, 10}},
                                                         {"Caug", {0, 4, 8}},
                                                         {"C+", {0, 4, 8}},
                                                         {"C7#5", {0, 4, 8, 10}},
                                                         {"Csus2", {0, 2, 7}},
                                                         {"Csus4", {0, 5, 7}},
                                                         {"Csus", {0, 5, 7}},
                                                         {"C7sus4", {0, 5, 7, 10}},
                                                         {"C5", {0, 7}},
                                                         {"C6", {0, 4, 7, 9}},
                                                         {"Cm6", {0, 3, 7, 9}},
                                                         {"C69", {0, 2, 4, 7, 9}},
                                                         {"C6/9", {0, 2, 4, 7, 9}},
                                                         {"C9", {0, 2, 4, 7, 10}},
                                                         {"Cmaj9", {0, 2, 4, 7, 11}},
                                                         {"Cm9", {0, 2, 3, 7, 10}},
                                                         {"C11", {0, 2, 4, 5, 7, 10}},
                                                         {"C13", {0, 2, 4, 7, 9, 10}},
                                                         {"Cadd9", {0, 2, 4, 7}},
                                                         {"C7b9", {0, 1, 4, 7, 10}},
                                                         {"C7#9", {0, 3, 4, 7, 10}},
                                                         {"C7(b9)", {0, 1, 4, 7, 10}},
                                                         {"C7#11", {0, 4, 6, 7, 10}},
                                                         {"C7b13", {0, 4, 7, 8, 10}},
                                                         {"C7alt", {0, 1, 3, 4, 6, 8, 10}},
                                                         {"C9sus4", {0, 2, 5, 7, 10}},
                                                         {"Cno3", {0, 7}}};
  for (const auto& [text, set] : expected) {
    const auto chord = parse_chord(text);
    ASSERT_TRUE(chord) << chord.error().message;
    EXPECT_EQ(tones(*chord), set) << text;
    EXPECT_EQ(chord->root, 0) << text;
    EXPECT_EQ(chord->bass, 0) << text;
  }
}

TEST(Chords, RootsAndBasses) {
  EXPECT_EQ(parse_chord("F#m7")->root, 6);
  EXPECT_EQ(parse_chord("Bb")->root, 10);
  EXPECT_EQ(parse_chord("B♭7")->root, 10);
  EXPECT_EQ(parse_chord("Cb")->root, 11);
  EXPECT_EQ(tones(*parse_chord("Bb")), (std::set<int>{2, 5, 10}));
  const auto slash = parse_chord("Am7/G").value();
  EXPECT_EQ(slash.bass, 7);
  EXPECT_EQ(slash.root, 9);
  const auto foreign = parse_chord("C/D").value();
  EXPECT_TRUE(foreign.tones[2]) << "the bass belongs to the chord";
}

TEST(Chords, WhatIsNoneIsRefusedByName) {
  for (const char* text : {"", "H7", "c", "Cx", "C7b", "C/", "C/H", "Cmaj7blues", "7"}) {
    const auto chord = parse_chord(text);
    ASSERT_FALSE(chord) << text;
    EXPECT_NE(chord.error().message.find("not a chord"), std::string::npos);
  }
  EXPECT_NE(parse_chord("Cxyz").error().message.find("'xyz'"), std::string::npos);
}

TEST(Progressions, BarsChordsAndRepeats) {
  const auto bars = parse_progression("| Cmaj7 | Dm7 G7 | % | N.C. |").value();
  ASSERT_EQ(bars.size(), 4U);
  EXPECT_EQ(bars[0].size(), 1U);
  EXPECT_EQ(bars[1].size(), 2U);
  EXPECT_EQ(bars[2], bars[1]);
  EXPECT_TRUE(bars[3].empty());
  EXPECT_EQ(parse_progression("C | | G")->size(), 3U);
  for (const char* text : {"", "|", "| |", "% | C", "C | Dq"})
    EXPECT_FALSE(parse_progression(text));
  EXPECT_NE(parse_progression("C | Dq").error().message.find("bar 2"), std::string::npos);
}

TEST(Keys, TonicsAndModes) {
  const auto degrees = [](const char* text) {
    const Key key = parse_key(text).value();
    std::set<int> set;
    for (int i = 0; i < 12; ++i)
      if (key.scale[static_cast<std::size_t>((key.tonic + i) % 12)]) set.insert(i);
    return set;
  };
  EXPECT_EQ(degrees("C"), (std::set<int>{0, 2, 4, 5, 7, 9, 11}));
  EXPECT_EQ(degrees("Eb major"), degrees("C"));
  EXPECT_EQ(degrees("Am"), (std::set<int>{0, 2, 3, 5, 7, 8, 9, 10, 11}));
  EXPECT_EQ(degrees("f# minor"), degrees("Am"));
  EXPECT_EQ(degrees("D dorian"), (std::set<int>{0, 2, 3, 5, 7, 9, 10}));
  EXPECT_EQ(parse_key("f#")->tonic, 6);
  for (const char* text : {"", "H", "C mayor", "C major scale", "Cmaj", "Am minor"})
    EXPECT_FALSE(parse_key(text)) << text;
}

}  // namespace
}  // namespace sage
