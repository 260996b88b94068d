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

}  // namespace
}  // namespace sage
