// Parts by number, name and instrument.
#include "midi/parts.h"

#include <gtest/gtest.h>

namespace sage::midi {
namespace {

Track track(const char* name, int program, int notes = 1) {
  Track t;
  t.name = name;
  t.is_drum = program == kDrumProgram;
  t.program = static_cast<std::uint8_t>(t.is_drum ? 0 : program);
  for (int i = 0; i < notes; ++i) t.notes.push_back({Tick{480 * i}, Tick{480}, 60, 90});
  return t;
}

MidiRead band() {
  MidiRead music;
  music.score.tracks = {track("Right hand", 0), track("Left hand", 0),   track("", 35),
                        track("Kick", 128),     track("Snare", 128),     track("Solo", 30),
                        track("Rhythm", 27),    track("Violin I", 40, 0)};
  music.parts.resize(music.score.tracks.size());
  return music;
}

using Numbers = std::vector<std::size_t>;

Numbers named(const std::string& word) { return parts_named(band(), word).value_or(Numbers{}); }

TEST(Parts, AreNamedByNumberNameAndInstrument) {
  EXPECT_EQ(named("2"), (Numbers{1}));
  EXPECT_EQ(named(" left HAND "), (Numbers{1}));
  EXPECT_EQ(named("left"), (Numbers{1}));
  EXPECT_EQ(named("piano"), (Numbers{0, 1}));
  EXPECT_EQ(named("drums"), (Numbers{3, 4}));
  EXPECT_EQ(named("hand"), Numbers{});  // of two names
  EXPECT_EQ(named("9"), Numbers{});
  EXPECT_EQ(named("0"), Numbers{});
  EXPECT_EQ(named("flute"), Numbers{});
}

TEST(Parts, AWordMeansWhatTheFileHas) {
  EXPECT_EQ(named("bass"), (Numbers{2}));  // a fretless one
  EXPECT_EQ(named("guitar"), (Numbers{5, 6}));
  EXPECT_EQ(named("distortion guitar"), (Numbers{5}));
  EXPECT_EQ(named("strings"), (Numbers{7}));  // without notes, but there is no other
}

TEST(Parts, AnErrorOffersWhatThereIs) {
  const auto wrong = parts_named(band(), "left hnad");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("did you mean 'left hand'"), std::string::npos);
  EXPECT_NE(wrong.error().message.find("2 Left hand (Acoustic Grand Piano)"), std::string::npos);
}

TEST(Parts, InstrumentsAreThoseOfTheFileElseNewOnes) {
  const std::vector<std::string> words = {"bass", "trumpet", "drums", "horn", "trumpet"};
  const auto chosen = choose_instruments(band(), words).value();
  EXPECT_EQ(chosen.parts, (Numbers{2, 3, 4}));
  EXPECT_EQ(chosen.programs, (std::vector<int>{56, 60}));
  const std::vector<std::string> none = {"kazoo orchestra"};
  EXPECT_FALSE(choose_instruments(band(), none));
}

}  // namespace
}  // namespace sage::midi
