#include "synth/schedule.h"

#include <gtest/gtest.h>

#include "synth/small_band.h"

namespace sage {
namespace {

using Kind = SynthEvent::Kind;
constexpr int kRate = 48'000;

Score one_track(std::vector<Note> notes) {
  Score score;
  score.ticks_per_quarter = 480;
  score.tracks.push_back(test::track_of(0, std::move(notes)));
  return score;
}

TEST(Schedule, FollowsTheTempoMap) {
  Score score = one_track({{Tick{0}, Tick{480}, 60, 90}, {Tick{960}, Tick{480}, 62, 90}});
  score.tempos = {{Tick{0}, 500'000}, {Tick{480}, 1'000'000}};
  const SynthSchedule schedule = schedule_of(score, kRate);
  ASSERT_EQ(schedule.events.size(), 4u);
  EXPECT_EQ(schedule.events[0], (SynthEvent{0, Kind::kNoteOn, 0, 60, 90}));
  EXPECT_EQ(schedule.events[1], (SynthEvent{kRate / 2, Kind::kNoteOff, 0, 60, 0}));
  EXPECT_EQ(schedule.events[2], (SynthEvent{kRate * 3 / 2, Kind::kNoteOn, 0, 62, 90}));
  EXPECT_EQ(schedule.end, kRate * 5 / 2);
}

TEST(Schedule, ReleasesBeforeItStrikesAgain) {
  const Score score = one_track({{Tick{0}, Tick{480}, 60, 90}, {Tick{480}, Tick{480}, 60, 90}});
  const SynthSchedule schedule = schedule_of(score, kRate);
  ASSERT_EQ(schedule.events.size(), 4u);
  EXPECT_EQ(schedule.events[1].kind, Kind::kNoteOff);
  EXPECT_EQ(schedule.events[2].kind, Kind::kNoteOn);
}

TEST(Schedule, ReleasesOverlappingNotesOfAPitchOnce) {
  const Score score = one_track({{Tick{0}, Tick{480}, 60, 90}, {Tick{240}, Tick{960}, 60, 90}});
  const SynthSchedule schedule = schedule_of(score, kRate);
  ASSERT_EQ(schedule.events.size(), 3u);
  EXPECT_EQ(schedule.events[2].kind, Kind::kNoteOff);
  EXPECT_EQ(schedule.events[2].frame, kRate * 5 / 4);
}

TEST(Schedule, GivesNotesOfNoLengthARelease) {
  const SynthSchedule schedule = schedule_of(one_track({{Tick{480}, Tick{0}, 60, 90}}), kRate);
  ASSERT_EQ(schedule.events.size(), 2u);
  EXPECT_EQ(schedule.events[0].kind, Kind::kNoteOn);
  EXPECT_EQ(schedule.events[1].kind, Kind::kNoteOff);
  EXPECT_GT(schedule.events[1].frame, schedule.events[0].frame);
}

TEST(Schedule, KeepsControlsAndDropsBankSelectsChannelModesAndLateEvents) {
  Score score = one_track({{Tick{0}, Tick{480}, 60, 90}});
  score.tracks[0].controls = {{Tick{0}, 0, 5},
                              {Tick{0}, 32, 5},
                              {Tick{0}, 64, 127},
                              {Tick{0}, 123, 0},
                              {Tick{99'999}, 7, 1}};
  score.tracks[0].bends = {{Tick{10}, -8192}};
  score.tracks[0].pressures = {{Tick{20}, Pressure::kWholeChannel, 3}, {Tick{20}, 60, 4}};
  const SynthSchedule schedule = schedule_of(score, kRate);
  ASSERT_EQ(schedule.events.size(), 6u);
  EXPECT_EQ(schedule.events[0].kind, Kind::kControl);
  EXPECT_EQ(schedule.events[0].key, 64);
  EXPECT_EQ(schedule.events[2].value, -8192);
  EXPECT_EQ(schedule.events[3].kind, Kind::kChannelPressure);
  EXPECT_EQ(schedule.events[4].kind, Kind::kKeyPressure);
}

TEST(Schedule, SharesChannelsByProgramWhenThereAreTooManyTracks) {
  Score score;
  for (int i = 0; i < 1000; ++i)
    score.tracks.push_back(test::track_of(i % kProgramCount, {{Tick{0}, Tick{480}, 60, 90}}));
  const SynthSchedule schedule = schedule_of(score, kRate);
  EXPECT_EQ(schedule.channels.size(), static_cast<std::size_t>(kProgramCount));
  for (const SynthEvent& event : schedule.events)
    EXPECT_LT(event.channel, schedule.channels.size());
}

}  // namespace
}  // namespace sage
