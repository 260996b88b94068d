#include "live/scheduler.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "sinks.h"

namespace sage::live {
namespace {

using test::FakeSink;

Cue note(int channel, int key, double tick, double end) {
  Cue cue;
  cue.kind = Cue::Kind::kNote;
  cue.voice = 0;
  cue.message = note_on(channel, key, 90);
  cue.tick = tick;
  cue.end = end;
  return cue;
}

/// A scheduler in virtual time: 1 ms a tick.
struct Rig {
  explicit Rig(SchedulerOptions options = {})
      : clock(0), scheduler(clock, sink, with_line(options)) {
    clock.add([this](std::int64_t now) { return scheduler.step(now); });
  }
  static SchedulerOptions with_line(SchedulerOptions options) {
    options.line = {0, 0, 1000};
    return options;
  }
  std::vector<Sent> log() {
    std::vector<Sent> out;
    Sent sent;
    while (scheduler.sent().pop(sent)) out.push_back(sent);
    return out;
  }
  FakeSink sink;
  VirtualClock clock;
  Scheduler scheduler;
};

TEST(Scheduler, SendsAtTheTickAndReleases) {
  Rig rig;
  rig.scheduler.cues().push(note(0, 60, 10, 30));
  rig.clock.wait_until(100'000);
  const auto log = rig.log();
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].sent_us, 10'000);
  EXPECT_EQ(log[1].message, note_off(0, 60));
  EXPECT_EQ(log[1].sent_us, 30'000);
  EXPECT_TRUE(rig.scheduler.idle());
}

// A sink at the end of a network sounds later than it is told, and must know when.
TEST(Scheduler, MessagesKnowWhenTheyAreDue) {
  Rig rig({.output_delay_us = 4'000});
  rig.scheduler.cues().push(note(0, 60, 10, 30));
  rig.clock.wait_until(100'000);
  ASSERT_EQ(rig.sink.got.size(), 2u);
  EXPECT_EQ(rig.sink.got[0].time_us, 6'000);
  EXPECT_EQ(rig.sink.got[1].time_us, 26'000);
}

TEST(Scheduler, FollowsALineFromItsTickOn) {
  Rig rig;
  Cue line;
  line.kind = Cue::Kind::kLine;
  line.tick = 20;
  line.line = {20, 20'000, 2000};
  rig.scheduler.cues().push(line);
  rig.scheduler.cues().push(note(0, 60, 10, 15));
  rig.scheduler.cues().push(note(0, 61, 30, 40));
  rig.clock.wait_until(100'000);
  const auto log = rig.log();
  ASSERT_EQ(log.size(), 4u);
  EXPECT_EQ(log[0].sent_us, 10'000);
  EXPECT_EQ(log[2].sent_us, 40'000);
  EXPECT_EQ(log[3].sent_us, 60'000);
}

TEST(Scheduler, ANewLineReplacesLaterOnes) {
  Rig rig;
  Cue line;
  line.kind = Cue::Kind::kLine;
  line.tick = 50;
  line.line = {50, 50'000, 9000};
  rig.scheduler.cues().push(line);
  rig.clock.wait_until(5'000);
  line.tick = 10;
  line.line = {10, 10'000, 500};
  rig.scheduler.cues().push(line);
  rig.scheduler.cues().push(note(0, 61, 110, 120));
  rig.clock.wait_until(100'000);
  EXPECT_EQ(rig.log()[0].sent_us, 60'000);
}

TEST(Scheduler, CompensatesTheOutputsDelayWithoutSkippingNotes) {
  Rig rig({.output_delay_us = 5'000});
  rig.scheduler.cues().push(note(0, 60, 2, 12));  // under the playhead from the start
  rig.scheduler.cues().push(note(0, 62, 20, 30));
  rig.clock.wait_until(100'000);
  const auto log = rig.log();
  ASSERT_EQ(log.size(), 4u);
  EXPECT_EQ(log[0].message.key(), 60);
  EXPECT_EQ(log[2].sent_us, 15'000);
}

TEST(Scheduler, StrikesAKeyAgainWithoutLeavingItDown) {
  Rig rig;
  rig.scheduler.cues().push(note(0, 60, 10, 100));
  rig.scheduler.cues().push(note(0, 60, 20, 30));
  rig.clock.wait_until(200'000);
  const auto log = rig.log();
  ASSERT_EQ(log.size(), 4u);
  EXPECT_TRUE(log[1].message.is_note_off());
  EXPECT_EQ(log[1].tick, 20);
  EXPECT_EQ(log[3].tick, 30);
  EXPECT_EQ(rig.sink.down(), 0);
}

TEST(Scheduler, ReleasesTheOldestBeyondTheLimit) {
  Rig rig({.most_held = 4});
  for (int key = 0; key < 10; ++key) rig.scheduler.cues().push(note(0, 40 + key, 1 + key, 1000));
  rig.clock.wait_until(100'000);
  EXPECT_EQ(rig.sink.down(), 4);
  EXPECT_EQ(rig.scheduler.counts().forced, 6u);
  rig.clock.wait_until(2'000'000);
  EXPECT_EQ(rig.sink.down(), 0);
}

TEST(Scheduler, PanicReleasesAllAndDropsWhatWaits) {
  Rig rig;
  rig.scheduler.cues().push(note(0, 60, 10, 1000));
  rig.scheduler.cues().push(note(3, 61, 500, 1000));
  rig.clock.wait_until(50'000);
  rig.scheduler.panic();
  rig.clock.wait_until(2'000'000);
  EXPECT_EQ(rig.sink.down(), 0);
  EXPECT_EQ(rig.sink.note_ons(), 1);
  int all_off = 0;
  for (const Message& message : rig.sink.got)
    if (message.kind() == 0xb0 && message.bytes[1] == kAllNotesOff) ++all_off;
  EXPECT_EQ(all_off, kChannels);
}

TEST(Scheduler, AStalledSinkGetsReleasesButNoNotesThatAreTooLate) {
  Rig rig;
  rig.scheduler.cues().push(note(0, 60, 10, 20));
  rig.scheduler.cues().push(note(0, 62, 25, 35));
  rig.scheduler.cues().push(note(0, 64, 300, 310));
  rig.clock.wait_until(15'000);
  rig.sink.answer = Delivery::kBusy;
  rig.clock.wait_until(200'000);
  rig.sink.answer = Delivery::kSent;
  rig.clock.wait_until(400'000);
  EXPECT_EQ(rig.sink.note_ons(), 2);  // 60 and 64
  EXPECT_EQ(rig.sink.down(), 0);
  EXPECT_EQ(rig.scheduler.counts().dropped, 1u);
  EXPECT_TRUE(rig.scheduler.idle());
}

TEST(Scheduler, AVanishedDeviceIsSilencedWhenItComesBack) {
  Rig rig;
  rig.scheduler.cues().push(note(0, 60, 10, 500));
  rig.scheduler.cues().push(note(0, 62, 50, 60));
  rig.scheduler.cues().push(note(0, 64, 700, 710));
  rig.clock.wait_until(20'000);
  rig.sink.answer = Delivery::kGone;
  rig.clock.wait_until(100'000);
  EXPECT_TRUE(rig.scheduler.gone());
  rig.sink.answer = Delivery::kSent;
  rig.scheduler.set_gone(false);
  rig.clock.wait_until(200'000);
  EXPECT_EQ(rig.sink.down(), 0);  // 60 was down when the device went
  rig.clock.wait_until(900'000);
  EXPECT_EQ(rig.sink.note_ons(), 2);
  EXPECT_EQ(rig.sink.down(), 0);
}

TEST(Scheduler, PassesThePersonOnAtOnce) {
  Rig rig;
  rig.clock.wait_until(10'000);
  Message on = note_on(2, 60, 80), off = note_off(2, 60);
  on.time_us = off.time_us = 10'000;
  rig.scheduler.thru().push(on);
  rig.scheduler.thru().push(off);
  rig.scheduler.thru().push(note_off(2, 61));  // was never down
  rig.clock.wait_until(12'000);
  ASSERT_EQ(rig.sink.got.size(), 2u);
  EXPECT_LE(rig.log()[0].sent_us, 11'001);
}

TEST(Scheduler, SendsActiveSensingAndClock) {
  Rig rig({.active_sensing = true, .ticks_per_pulse = 0.5});
  rig.clock.wait_until(1'000'000);
  int pulses = 0;
  for (const Message& message : rig.sink.got) pulses += message.bytes[0] == kClockPulse ? 1 : 0;
  EXPECT_EQ(pulses, 2001);
  EXPECT_EQ(rig.sink.got[0].bytes[0], kStart);
}

TEST(Scheduler, NoKeyStaysDownWhateverIsPlayed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    Rig rig({.most_held = 8});
    for (int i = 0; i < 3000; ++i) {
      const double tick = random.below(5000);
      rig.scheduler.cues().push(note(static_cast<int>(random.below(16)),
                                     static_cast<int>(random.below(128)), tick,
                                     tick + random.below(300)));
    }
    for (int i = 0; i < 100; ++i) {
      rig.clock.wait_until(i * 60'000);
      const std::uint32_t what = random.below(8);
      rig.sink.answer = what == 0 ? Delivery::kBusy : Delivery::kSent;
      if (what == 1) rig.scheduler.panic();
    }
    rig.sink.answer = Delivery::kSent;
    rig.clock.wait_until(8'000'000);
    EXPECT_EQ(rig.sink.down(), 0) << seed;
    EXPECT_TRUE(rig.scheduler.idle()) << seed;
  }
}

}  // namespace
}  // namespace sage::live
