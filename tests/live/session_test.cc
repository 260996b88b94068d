#include "live/session.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "fake_band.h"
#include "live/ports/file_player.h"
#include "live/ports/loopback.h"
#include "live/recording.h"
#include "sinks.h"

namespace sage::live {
namespace {

using test::FakeBand;
using test::FakeSink;

Lineup trio() {
  return {{{0, 0, false, "piano"}, {33, 1, true, "bass"}, {kDrumProgram, 9, true, "drums"}}};
}

/// A quarter note a beat on the piano, `bars` long, with a tempo change.
Score melody(int bars) {
  Score score;
  Track piano;
  for (int i = 0; i < bars * 4; ++i)
    piano.notes.push_back({Tick{i * 480}, Tick{400}, static_cast<std::uint8_t>(60 + i % 5), 80});
  score.tracks = {piano};
  return score;
}

struct Played {
  Report report;
  std::vector<BandNote> notes;
  std::vector<Sent> log;
  std::vector<Message> sent;
  int down = 0;
};

struct Scene {
  SessionOptions options;
  std::function<void(FakeBand&)> band = [](FakeBand&) {};
  Score score = melody(16);
  FilePlayerOptions player;
  std::int64_t step_us = 100;
  Session::Watch watch;
  Delivery answer = Delivery::kSent;
};

Scene sixteen_bars() {
  Scene scene;
  scene.options.lineup = trio();
  scene.options.end = Tick{16 * 48};
  scene.options.any_channel = false;
  return scene;
}

Played play(const Scene& scene) {
  FakeBand band(scene.options.lineup.band());
  scene.band(band);
  FilePlayer person(scene.score, scene.options.lineup, band.grid(), scene.player);
  FakeSink sink;
  sink.answer = scene.answer;
  auto session = Session::create(band, {&person, &sink}, scene.options);
  EXPECT_TRUE(session);
  (*session)->run_virtual(scene.step_us, scene.watch);
  const Conductor& conductor = (*session)->conductor();
  return {(*session)->report(), conductor.played(), conductor.log(), sink.got, sink.down()};
}

TEST(Session, AFastBandIsAlwaysReady) {
  const Played played = play(sixteen_bars());
  EXPECT_EQ(played.report.interaction_success, 1);
  EXPECT_EQ(played.notes.size(), 16u * 16 * 2);
  EXPECT_EQ(played.report.lost, 0u);
  EXPECT_EQ(played.report.doubled, 0u);
  EXPECT_EQ(played.report.stuck, 0u);
  EXPECT_EQ(played.report.late, 0u);
  EXPECT_EQ(played.report.jitter_ms.p999, 0);
  EXPECT_EQ(played.down, 0);
  EXPECT_GT(played.report.first_reaction_ms.p50, 0);
  EXPECT_LT(played.report.first_reaction_ms.p50, 500);
}

TEST(Session, PlaysTheFirstNoteOnTheFirstBeat) {
  const Played played = play(sixteen_bars());
  const auto first = std::find_if(played.log.begin(), played.log.end(), [](const Sent& sent) {
    return sent.voice == 1 && sent.message.is_note_on();
  });
  ASSERT_NE(first, played.log.end());
  EXPECT_EQ(first->tick, 0);
  EXPECT_EQ(first->sent_us, first->due_us);
}

TEST(Session, IsTheSameEachTime) {
  Scene scene = sixteen_bars();
  scene.player.noise_ms = 12;
  scene.step_us = 3000;
  EXPECT_EQ(to_json(play(scene).report), to_json(play(scene).report));
  EXPECT_EQ(play(scene).notes, play(scene).notes);
}

TEST(Session, CountsInAndKeepsTheMetronomeOnTheFilesTempoMap) {
  Scene scene = sixteen_bars();
  scene.options.metronome = true;
  scene.options.tempos = {{96, 60}, {192, 180}};
  const Played played = play(scene);
  std::vector<double> clicks;
  double start = 0;
  for (const Sent& sent : played.log) {
    if (sent.voice == 1 && sent.message.is_note_on() && sent.tick == 0)
      start = double(sent.sent_us);
    if (sent.voice == kNobody && sent.message.is_note_on()) clicks.push_back(double(sent.sent_us));
  }
  ASSERT_EQ(clicks.size(), 4u + 64);
  EXPECT_NEAR(clicks[0], start - 2'000'000, 2);
  EXPECT_NEAR(clicks[4], start, 2);
  EXPECT_NEAR(clicks[4 + 8], start + 4'000'000, 2);
  EXPECT_NEAR(clicks[4 + 9], start + 5'000'000, 2);
  EXPECT_NEAR(clicks[4 + 17], start + 12'000'000 + 1e6 / 3, 3);
}

TEST(Session, ASlowBandGoesDownTheLadderAndTheMusicGoesOn) {
  Scene scene = sixteen_bars();
  scene.band = [](FakeBand& band) { band.steps_a_tick = 20; };
  scene.step_us = 2500;  // 50 ms a tick: slower than the 41 ms that it lasts
  const Played played = play(scene);
  EXPECT_LT(played.report.interaction_success, 0.9);
  EXPECT_GT(played.report.rungs[1] + played.report.rungs[2] + played.report.rungs[3], 0u);
  EXPECT_EQ(played.report.lost, 0u);
  EXPECT_EQ(played.report.late, 0u);
  EXPECT_EQ(played.report.stuck, 0u);
  // No bar without a note of the band.
  std::set<std::int64_t> bars;
  for (const BandNote& note : played.notes) bars.insert(note.note.onset.count / 48);
  EXPECT_GE(bars.size(), 15u);
}

TEST(Session, ABandThatStallsOnceIsCoveredByItsPlan) {
  Scene scene = sixteen_bars();
  FakeBand* band = nullptr;
  scene.band = [&](FakeBand& b) { band = &b; };
  // The model stands still in the ninth bar; what was planned before is played.
  scene.watch = [&](const Status& status) {
    band->steps_a_tick = status.bar == 8 && status.beat < 2 ? 100'000 : 1;
    return true;
  };
  const Played played = play(scene);
  EXPECT_GE(played.report.rungs[static_cast<std::size_t>(Rung::kPlan)], 1u);
  EXPECT_EQ(played.report.rungs[static_cast<std::size_t>(Rung::kRest)], 0u);
  EXPECT_EQ(played.notes.size(), 16u * 16 * 2);  // none is missing
  EXPECT_EQ(played.report.late, 0u);
}

TEST(Session, SilentAtFirstWhereItListens) {
  Scene scene = sixteen_bars();
  scene.options.listen_bars = 4;
  const Played played = play(scene);
  ASSERT_FALSE(played.notes.empty());
  EXPECT_EQ(played.notes.front().note.onset, Tick{4 * 48});
}

TEST(Session, RespondTakesTurns) {
  Scene scene = sixteen_bars();
  scene.options.mode = "respond";
  scene.options.phrase_bars = 4;
  for (const BandNote& note : play(scene).notes)
    EXPECT_EQ(note.note.onset.count / (4 * 48) % 2, 1) << note.note.onset.count;
}

TEST(Session, ContinueTakesOverInAPause) {
  Scene scene = sixteen_bars();
  scene.options.mode = "continue";
  scene.score = melody(4);
  const Played played = play(scene);
  ASSERT_FALSE(played.notes.empty());
  EXPECT_GE(played.notes.front().note.onset, Tick{5 * 48 - 12});
  EXPECT_LE(played.notes.front().note.onset, Tick{5 * 48 + 24});
  EXPECT_GE(played.notes.back().note.onset, Tick{16 * 48 - 3});
}

TEST(Session, LoopAddsAPartEveryRound) {
  Scene scene = sixteen_bars();
  scene.options.mode = "loop";
  scene.options.phrase_bars = 4;
  scene.score = melody(4);
  const Played played = play(scene);
  const auto count = [&](int program, int round) {
    return std::count_if(played.notes.begin(), played.notes.end(), [&](const BandNote& n) {
      return n.program == program && n.note.onset.count / 192 == round;
    });
  };
  EXPECT_EQ(count(33, 0) + count(kDrumProgram, 0), 0);
  EXPECT_EQ(count(33, 1), 64);
  EXPECT_EQ(count(kDrumProgram, 1), 0);
  EXPECT_EQ(count(33, 2), 64);
  EXPECT_EQ(count(kDrumProgram, 2), 64);
  EXPECT_EQ(count(33, 3), 64);
  EXPECT_EQ(count(kDrumProgram, 3), 64);
  EXPECT_EQ(played.report.doubled + played.report.lost + played.report.stuck, 0u);
  // The person's phrase sounds again in each round.
  int human = 0;
  for (const Sent& sent : played.log) human += sent.voice == 0 && sent.message.is_note_on() ? 1 : 0;
  EXPECT_EQ(human, 3 * 16);
}

TEST(Session, TheBandHearsWhatWasPlayed) {
  Scene scene = sixteen_bars();
  FakeBand band(scene.options.lineup.band());
  FilePlayer person(scene.score, scene.options.lineup, band.grid(), {});
  FakeSink sink;
  auto session = Session::create(band, {&person, &sink}, scene.options);
  ASSERT_TRUE(session);
  (*session)->run_virtual(100);
  std::size_t heard = 0;
  for (const BandNote& note : band.told)
    if (note.program == 0) {
      EXPECT_EQ(note.note.onset.count, static_cast<std::int64_t>(12 * heard));
      EXPECT_EQ(note.note.pitch, 60 + heard % 5);
      ++heard;
    }
  EXPECT_GE(heard, 63u);
}

TEST(Session, StopsWhenToldAndLeavesNothingDown) {
  Scene scene = sixteen_bars();
  scene.band = [](FakeBand& b) { b.length = 100; };
  scene.watch = [](const Status& status) { return status.bar < 3; };
  const Played played = play(scene);
  EXPECT_LE(played.report.bars, 5);
  EXPECT_EQ(played.down, 0);
  EXPECT_EQ(played.report.stuck, 0u);
}

TEST(Session, ASinkThatNeverTakesAnythingDoesNotHoldItUp) {
  Scene scene = sixteen_bars();
  scene.answer = Delivery::kBusy;
  const Played played = play(scene);
  EXPECT_EQ(played.report.bars, 16);
  EXPECT_EQ(played.report.lost, played.notes.size());
}

TEST(Session, AFloodAtTheInputDoesNotHoldItUp) {
  Scene scene = sixteen_bars();
  for (int i = 0; i < 20'000; ++i)
    scene.score.tracks[0].notes.push_back(
        {Tick{480 * 8 + i / 20}, Tick{1}, static_cast<std::uint8_t>(i % 128), 80});
  const Played played = play(scene);
  EXPECT_EQ(played.report.bars, 16);
  EXPECT_EQ(played.report.interaction_success, 1);
  EXPECT_GT(played.report.ignored, 0u);
  EXPECT_EQ(played.report.stuck, 0u);
}

/// A person whose instrument sends MIDI clock.
class ClockSource final : public Source {
 public:
  explicit ClockSource(std::function<double(double)> bpm) : bpm_(std::move(bpm)) {}
  bool receive(std::int64_t now, Message& message) noexcept override {
    if (next_us_ > double(now)) return false;
    message = system_message(pulses_ == 0 ? kStart : pulses_ > stop_at ? kStop : kClockPulse);
    message.time_us = std::llround(next_us_);
    if (pulses_ > 0) {
      times.push_back(next_us_);
      next_us_ += 60e6 / bpm_((pulses_ - 1) / 24.0) / 24;
    }
    ++pulses_;
    return true;
  }
  std::int64_t next_time(std::int64_t) const noexcept override {
    return std::llround(std::ceil(next_us_));
  }
  std::vector<double> times;  // of the pulses
  int stop_at = 24 * 100;

 private:
  std::function<double(double)> bpm_;
  double next_us_ = 1e6;
  int pulses_ = 0;
};

TEST(Session, FollowsAClockThatRampsAndStops) {
  FakeBand band({33, kDrumProgram});
  ClockSource source([](double q) { return q < 8 ? 60.0 : std::min(180.0, 60 + (q - 8) * 2); });
  FakeSink sink;
  SessionOptions options;
  options.lineup = trio();
  options.follow_clock = true;
  auto session = Session::create(band, {&source, &sink}, options);
  ASSERT_TRUE(session);
  (*session)->run_virtual(100);
  double worst = 0;
  int notes = 0;
  for (const Sent& sent : (*session)->conductor().log()) {
    const auto pulse = static_cast<std::size_t>(sent.tick * 2);
    if (!sent.message.is_note_on() || sent.tick < 48 || pulse >= source.times.size()) continue;
    worst = std::max(worst, std::abs(double(sent.sent_us) - source.times[pulse]) * 1e-3);
    ++notes;
  }
  RecordProperty("worst_phase_ms", std::to_string(worst));
  EXPECT_GT(notes, 700);
  EXPECT_LT(worst, 8);
  EXPECT_EQ(sink.down(), 0);
  EXPECT_NEAR((*session)->report().tempo, 180, 2);
}

TEST(Session, RecordsEverybody) {
  Scene scene = sixteen_bars();
  FakeBand band(scene.options.lineup.band());
  FilePlayer person(scene.score, scene.options.lineup, band.grid(), {});
  FakeSink sink;
  auto session = Session::create(band, {&person, &sink}, scene.options);
  ASSERT_TRUE(session);
  (*session)->run_virtual(100);
  const Score recording = recording_of((*session)->conductor(), scene.options, band.grid());
  ASSERT_EQ(recording.tracks.size(), 3u);
  EXPECT_EQ(recording.tracks[0].notes.size(), 64u);
  EXPECT_NEAR(double(recording.tracks[0].notes[5].onset.count), 2400, 1);
  EXPECT_EQ(recording.tracks[1].notes.size(), 256u);
  const Score file = file_with_band(scene.score, Tick{16 * 1920}, 0, (*session)->conductor(),
                                    scene.options.lineup, band.grid());
  ASSERT_EQ(file.tracks.size(), 3u);
  EXPECT_EQ(file.tracks[0], scene.score.tracks[0]);
  EXPECT_EQ(file.tracks[1].notes.size(), 256u);
}

TEST(Session, PlaysInRealTime) {
  Scene scene = sixteen_bars();
  scene.options.end = Tick{2 * 48};
  scene.options.bpm = 200;
  FakeBand band(scene.options.lineup.band());
  FilePlayer person(scene.score, scene.options.lineup, band.grid(), {});
  FakeSink sink;
  sink.got.reserve(10'000);
  auto session = Session::create(band, {&person, &sink}, scene.options);
  ASSERT_TRUE(session);
  (*session)->run();
  EXPECT_EQ((*session)->report().notes, (*session)->conductor().played().size());
  EXPECT_GT((*session)->report().notes, 0u);
  EXPECT_EQ((*session)->report().doubled + (*session)->report().stuck, 0u);
  EXPECT_EQ(sink.down(), 0);
}

TEST(Session, RefusesWhatMakesNoSense) {
  FakeBand band({33});
  FakeSink sink;
  Silence nobody;
  SessionOptions options;
  options.lineup = trio();
  options.mode = "dance";
  const auto refused = Session::create(band, {&nobody, &sink}, options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("accompany"), std::string::npos);
}

}  // namespace
}  // namespace sage::live
