#include "base/nearest_word.h"

#include <gtest/gtest.h>

#include <array>

namespace sage {
namespace {

TEST(DidYouMean, NamesTheNearestOrAll) {
  static constexpr std::array<std::string_view, 3> kWords = {"chords", "chromatic", "key"};
  EXPECT_EQ(did_you_mean("cords", kWords), "; did you mean 'chords'?");
  EXPECT_EQ(did_you_mean("chrods", kWords), "; did you mean 'chords'?");
  EXPECT_EQ(did_you_mean("kee", kWords), "; did you mean 'key'?");
  EXPECT_EQ(did_you_mean("tempo", kWords), "; known are chords, chromatic, key");
  EXPECT_EQ(did_you_mean("", kWords), "; known are chords, chromatic, key");
}

TEST(ClosestWord, FindsLettersChangedAddedLeftOutAndSwapped) {
  static constexpr std::array<std::string_view, 5> kWords = {"generate", "infill", "inspect",
                                                             "render", "--tempo"};
  EXPECT_EQ(closest_word("genrate", kWords), "generate");
  EXPECT_EQ(closest_word("generaet", kWords), "generate");
  EXPECT_EQ(closest_word("infil", kWords), "infill");
  EXPECT_EQ(closest_word("inspekt", kWords), "inspect");
  EXPECT_EQ(closest_word("--tmepo", kWords), "--tempo");
  for (const char* far : {"play", "", "x"}) EXPECT_EQ(closest_word(far, kWords), "") << far;
  EXPECT_EQ(closest_word(std::string(100, 'a'), kWords), "");
}

}  // namespace
}  // namespace sage
