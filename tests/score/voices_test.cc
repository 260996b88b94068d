#include "score/voices.h"

#include <gtest/gtest.h>

#include "score/pitch_names.h"
#include "score/program_names.h"

namespace sage {
namespace {

TEST(Voices, FollowTheInstrument) {
  const std::pair<const char*, int> cases[] = {{"flute", 1},          {"trumpet", 1},
                                               {"clarinet", 1},       {"violin", 2},
                                               {"bass", 2},           {"guitar", 6},
                                               {"piano", 10},         {"harpsichord", 10},
                                               {"organ", 10},         {"strings", kManyVoices},
                                               {"harp", kManyVoices}, {"drums", kManyVoices},
                                               {"choir", kManyVoices}};
  for (const auto& [name, voices] : cases)
    EXPECT_EQ(voices_of(*program_from_name(name)), voices) << name;
  EXPECT_TRUE(is_bass(33) && is_bass(43) && !is_bass(42));
}

TEST(PitchNames, AreReadAndWritten) {
  EXPECT_EQ(pitch_from_name("C4"), 60);
  EXPECT_EQ(pitch_from_name("Bb-1"), 10);
  EXPECT_EQ(pitch_from_name("f#2"), 42);
  EXPECT_EQ(pitch_from_name("127"), 127);
  for (const char* none : {"", "H4", "C", "C10", "128", "Cb-1", "C4x"})
    EXPECT_EQ(pitch_from_name(none), std::nullopt) << none;
  for (int pitch = 0; pitch < 128; ++pitch) EXPECT_EQ(pitch_from_name(pitch_name(pitch)), pitch);
}

TEST(DrumNames, AreReadAndWritten) {
  EXPECT_EQ(drum_from_name("kick"), 36);
  EXPECT_EQ(drum_from_name("hi-hat"), 42);
  EXPECT_EQ(drum_from_name("Open Triangle"), 81);
  EXPECT_EQ(drum_from_name("gong"), std::nullopt);
  for (int key = 0; key < 128; ++key) EXPECT_EQ(drum_from_name(drum_name(key)), key);
}

}  // namespace
}  // namespace sage
