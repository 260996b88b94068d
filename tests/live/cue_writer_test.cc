#include "live/cue_writer.h"

#include <gtest/gtest.h>

#include <vector>

namespace sage::live {
namespace {

class CueWriterTest : public testing::Test {
 protected:
  std::vector<Cue> written() {
    std::vector<Cue> all;
    for (Cue cue; queue_.pop(cue);) all.push_back(cue);
    return all;
  }

  SpscQueue<Cue> queue_{64};
  Lineup lineup_{{{0, 0, false, "piano"}, {33, 1, true, "bass"}}};
  BarTable bars_{12, {{Tick{0}, {3, 4}}}};
  CueWriter cues_{queue_, lineup_, bars_, 12};
};

TEST_F(CueWriterTest, NotesGoToTheirPlayersChannelAsLoudAsAsked) {
  cues_.note({33, {Tick{12}, Tick{6}, 40, 100}}, 0.5);
  cues_.note({33, {Tick{18}, Tick{6}, 41, 100}}, 9.0);
  const auto cues = written();
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_EQ(cues[0].message, note_on(1, 40, 50));
  EXPECT_EQ(cues[0].voice, 1);
  EXPECT_EQ(cues[0].tick, 12.0);
  EXPECT_EQ(cues[0].end, 18.0);
  EXPECT_EQ(cues[1].message, note_on(1, 41, 127));
}

TEST_F(CueWriterTest, ClicksOnEveryBeatAndAnotherOneOnBars) {
  cues_.clicks(Tick{-12}, Tick{36});
  const auto cues = written();
  ASSERT_EQ(cues.size(), 4u);
  EXPECT_EQ(cues[0].tick, -12.0);
  EXPECT_NE(cues[0].message, cues[1].message);  // tick 0 begins a bar
  EXPECT_EQ(cues[0].message, cues[2].message);
  EXPECT_EQ(cues[3].tick, 24.0);
}

TEST_F(CueWriterTest, LinesAreSentOnceAndAgainWhereTheyChanged) {
  Transport transport(12, 120, 0);
  transport.set_tempo(48, 90);
  transport.set_tempo(480, 60);
  cues_.lines(transport, 96);
  EXPECT_EQ(written().size(), 2u);  // the third is not about to matter
  cues_.lines(transport, 96);
  EXPECT_TRUE(written().empty());
  transport.set_tempo(48, 100);
  cues_.lines_changed(48);
  cues_.lines(transport, 96);
  const auto cues = written();
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_EQ(cues[0].kind, Cue::Kind::kLine);
  EXPECT_EQ(cues[0].tick, 48.0);
}

}  // namespace
}  // namespace sage::live
