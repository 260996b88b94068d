#include "synth/piano_roll.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "synth/small_band.h"

namespace sage {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PianoRoll, NamesInstrumentsBarsAndDrums) {
  const std::string svg = piano_roll_svg(test::small_band(4));
  EXPECT_TRUE(contains(svg, ">Acoustic Grand Piano</text>"));
  EXPECT_TRUE(contains(svg, ">Electric Bass (finger)</text>"));
  EXPECT_TRUE(contains(svg, ">Snare</text>"));
  EXPECT_TRUE(contains(svg, ">C4</text>"));
  EXPECT_TRUE(contains(svg, "96 notes, 4 bars, 0:07"));
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
}

TEST(PianoRoll, DrawsWhateverIsThere) {
  Score empty;
  EXPECT_TRUE(contains(piano_roll_svg(empty), "0 notes, 1 bar, 0:00"));
  Score drums = test::small_band();
  drums.tracks.erase(drums.tracks.begin(), drums.tracks.begin() + 2);
  EXPECT_FALSE(contains(piano_roll_svg(drums), ">C4</text>"));
  Score broken;  // notes outside of MIDI's ranges and no usable resolution must not hurt
  broken.ticks_per_quarter = 0;
  broken.tracks.push_back(test::track_of(255, {{Tick{0}, Tick{0}, 255, 255}}));
  EXPECT_TRUE(contains(piano_roll_svg(broken), "</svg>"));
}

TEST(PianoRoll, KeepsToTheSizeAskedFor) {
  EXPECT_TRUE(contains(piano_roll_svg(test::small_band(), {.width = 900, .height = 700}),
                       "width=\"900\" height=\"700\""));
}

TEST(PianoRoll, MarksAHoleAndNumbersBarsFromAnywhere) {
  const std::string plain = piano_roll_svg(test::small_band(4), {.first_bar = 13});
  EXPECT_TRUE(contains(plain, ">13</text>") && contains(plain, ">16</text>"));
  EXPECT_FALSE(contains(plain, ">1</text>") || contains(plain, "class=\"h\""));
  const PianoRollMark mark = {Tick{1920}, Tick{3840}, {0, 33}};
  EXPECT_TRUE(mark.holds(33, Tick{1920}));
  EXPECT_FALSE(mark.holds(33, Tick{3840}) || mark.holds(34, Tick{1920}));
  const std::string marked = piano_roll_svg(test::small_band(4), {.mark = mark});
  EXPECT_TRUE(contains(marked, "<rect class=\"h\""));
  // Two opacities: marked notes and all others, whatever their velocities.
  EXPECT_TRUE(contains(marked, "opacity=\".4\"") && contains(marked, "opacity=\"1\""));
  EXPECT_FALSE(contains(marked, "opacity=\".6\"") || contains(marked, "opacity=\".8\""));
}

TEST(PianoRoll, NamesSectionsByMarkersWhateverTheySay) {
  Score score = test::small_band(4);
  score.texts = {{Tick{0}, 6, "A"}, {Tick{0}, 1, "no marker"}, {Tick{3840}, 6, "<B> & \xc3\xa9"}};
  const std::string svg = piano_roll_svg(score);
  EXPECT_TRUE(contains(svg, ">A</text>") && contains(svg, ">&lt;B&gt; &amp; ??</text>"));
  EXPECT_FALSE(contains(svg, "no marker"));
}

TEST(PianoRoll, StaysSmallForManyNotes) {
  Score score;
  Random random(1);
  for (int t = 0; t < 16; ++t) {
    Track track = test::track_of(t);
    for (int i = 0; i < 20'000; ++i)
      track.notes.push_back({Tick{random.below(2'000'000)}, Tick{240},
                             static_cast<std::uint8_t>(30 + random.below(60)), 80});
    score.tracks.push_back(track);
  }
  EXPECT_LT(piano_roll_svg(score).size(), 4u << 20);
}

}  // namespace
}  // namespace sage
