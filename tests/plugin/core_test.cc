// The plug-in without its formats: what the looper hears and plays, and what the composer writes.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "count_allocations.h"
#include "plugin/core/composer.h"
#include "plugin/core/looper.h"

namespace sage::plugin {
namespace {

constexpr double kRate = 48'000;
constexpr std::uint32_t kFrames = 256;

/// A host: moves the transport on, block by block, and notes what is played at what quarter note.
struct Host {
  struct Sent {
    double quarter;
    MidiMessage message;
  };

  Looper looper;
  double quarter = 0;  // of the song
  double bpm = 120;
  int bars = 2;
  std::vector<Sent> sent;
  std::vector<std::pair<double, MidiMessage>> score;  // to be played, by quarter note of the song

  Transport transport() const {
    Transport now;
    now.playing = true;
    now.bar = static_cast<std::int64_t>(quarter / 4);
    now.quarter = quarter - 4.0 * static_cast<double>(now.bar);
    now.bpm = bpm;
    return now;
  }

  void block(bool silent = false) {
    const double length = kFrames * bpm / (60 * kRate);
    std::array<MidiMessage, 64> input;
    std::size_t count = 0;
    for (auto& [at, message] : score)
      if (at >= quarter && at < quarter + length) {
        input[count] = message;
        input[count++].frame = static_cast<std::uint32_t>((at - quarter) / length * kFrames);
      }
    for (const MidiMessage& message :
         looper.process(transport(), kFrames, kRate, bars, silent, {input.data(), count})) {
      EXPECT_LT(message.frame, kFrames);
      sent.push_back({quarter + length * message.frame / kFrames, message});
    }
    quarter += length;
  }

  void play_until(double end) {
    while (quarter < end) block();
  }

  std::vector<Heard> heard() {
    std::vector<Heard> all;
    for (Heard one; looper.heard().pop(one);)
      if (one.kind != Heard::Kind::kRestart) all.push_back(one);
    return all;
  }

  std::size_t ons() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sent, [](const Sent& one) { return (one.message.data[0] & 0xF0) == 0x90; }));
  }

  /// Notes that sound after all that was sent.
  std::set<std::pair<int, int>> sounding() const {
    std::set<std::pair<int, int>> on;
    for (const Sent& one : sent) {
      const std::pair key(one.message.data[0] & 0x0F, one.message.data[1]);
      const int kind = one.message.data[0] & 0xF0;
      if (kind == 0x90) on.insert(key);
      if (kind == 0x80) on.erase(key);
    }
    return on;
  }
};

MidiMessage on(int pitch, int channel = 0) {
  return {0, 3, {static_cast<std::uint8_t>(0x90 | channel), static_cast<std::uint8_t>(pitch), 90}};
}
MidiMessage off(int pitch, int channel = 0) {
  return {0, 3, {static_cast<std::uint8_t>(0x80 | channel), static_cast<std::uint8_t>(pitch), 0}};
}

Part two_notes() { return make_part(8, {{0, 1, 1, 40, 90}, {7.5, 0.25, 9, 36, 100}}); }

TEST(Looper, HearsNotesInPassesOfTheLoop) {
  Host host;
  host.score = {{1, on(60)}, {2.5, off(60)}, {7, on(64)}, {9, on(67)}, {9.5, off(67)}};
  host.play_until(17);
  const auto heard = host.heard();
  ASSERT_EQ(heard.size(), 5U);
  EXPECT_EQ(heard[0].note.pitch, 60);
  EXPECT_NEAR(heard[0].note.onset, 1, 0.01);
  EXPECT_NEAR(heard[0].note.duration, 1.5, 0.01);
  EXPECT_EQ(heard[1].note.pitch, 64);  // cut at the end of the pass
  EXPECT_NEAR(heard[1].note.duration, 1, 0.01);
  EXPECT_EQ(heard[2].kind, Heard::Kind::kPassEnd);
  EXPECT_EQ(heard[2].bars, 2);
  EXPECT_NEAR(heard[3].note.onset, 1, 0.01);  // in the second pass
  EXPECT_EQ(heard[4].pass, 1);
}

TEST(Looper, PlaysAPartInEveryPassAtItsPlace) {
  Host host;
  ASSERT_TRUE(host.looper.offer(two_notes(), false));
  host.play_until(23.98);
  ASSERT_EQ(host.ons(), 6U);
  EXPECT_TRUE(host.sounding().empty());
  std::vector<double> bass;
  for (const auto& one : host.sent)
    if (one.message.data[0] == 0x91) bass.push_back(one.quarter);
  EXPECT_NEAR(bass[0], 0, 0.01);
  EXPECT_NEAR(bass[1], 8, 0.01);
  EXPECT_NEAR(bass[2], 16, 0.01);
}

TEST(Looper, FollowsATempoChangeAndAJump) {
  Host host;
  ASSERT_TRUE(host.looper.offer(two_notes(), false));
  host.play_until(0.5);
  EXPECT_EQ(host.sounding().size(), 1U);
  host.bpm = 60;
  host.play_until(4);
  EXPECT_TRUE(host.sounding().empty());  // the off came where the tempo has it
  host.quarter = 8.25;                   // after the bass note of the second pass
  host.play_until(15.6);
  EXPECT_EQ(host.sounding(), (std::set<std::pair<int, int>>{{9, 36}}));
  host.quarter = 2;  // a jump silences what sounds
  host.block();
  EXPECT_TRUE(host.sounding().empty());
}

TEST(Looper, BypassAndStopSilence) {
  Host host;
  ASSERT_TRUE(host.looper.offer(two_notes(), false));
  host.play_until(0.5);
  ASSERT_EQ(host.sounding().size(), 1U);
  host.block(/*silent=*/true);
  EXPECT_TRUE(host.sounding().empty());
  host.play_until(8.5);
  ASSERT_EQ(host.sounding().size(), 1U);
  Transport stopped = host.transport();
  stopped.playing = false;
  for (const MidiMessage& message : host.looper.process(stopped, kFrames, kRate, 2, false, {}))
    host.sent.push_back({host.quarter, message});
  EXPECT_TRUE(host.sounding().empty());
}

TEST(Looper, ANewPartWaitsForThePassOrComesAtOnce) {
  Host host;
  host.play_until(1);
  ASSERT_TRUE(host.looper.offer(make_part(8, {{2, 1, 0, 72, 80}}), true));
  host.play_until(7.9);
  EXPECT_EQ(host.ons(), 0U);
  host.play_until(11);
  EXPECT_EQ(host.ons(), 1U);
  ASSERT_TRUE(host.looper.offer(make_part(8, {{2.9, 1, 0, 74, 80}, {1, 1, 0, 50, 80}}), false));
  host.block();
  ASSERT_EQ(host.ons(), 2U);  // what was due a moment ago comes now; what is older does not
  EXPECT_EQ(host.sent.back().message.data[1], 74);
}

TEST(Looper, AllocatesNothing) {
  Host host;
  ASSERT_TRUE(host.looper.offer(two_notes(), false));
  const std::array input = {on(60), off(60), on(62, 3)};
  std::size_t played = 0;
  const long before = allocations;
  for (int i = 0; i < 4000; ++i) {
    played += host.looper.process(host.transport(), kFrames, kRate, 2, i % 100 == 0, input).size();
    host.quarter += kFrames * host.bpm / (60 * kRate);
    if (i % 1000 == 0) host.quarter += 3;
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(played, 10U);
}

TEST(Part, SurvivesAsText) {
  const Part part = make_part(8, {{0.1, 1 / 3.0, 1, 40, 90}, {7.5, 4, 9, 36, 100}}, {{1, 32}});
  const Part back = part_from_text(to_text(part));
  EXPECT_EQ(back.programs, part.programs);
  EXPECT_EQ(part.events.front().status, 0xC1);
  EXPECT_EQ(back.notes, part.notes);
  EXPECT_EQ(back.quarters, 8);
  EXPECT_EQ(part.notes[1].duration, 0.5);  // cut at the end of the loop
  for (const char* wrong : {"", "x", "8;1 2", "-1;0 1 0 60 80", "8;0 1 0 600 80", "8;9 1 0 60 80",
                            "8;0 1 77 60 80", "8;p 1"})
    EXPECT_TRUE(part_from_text(wrong).notes.empty()) << wrong;
}

class Composing : public testing::Test {
 protected:
  static void SetUpTestSuite() { engine_ = shared_engine(kModel).value(); }
  static void TearDownTestSuite() { engine_ = nullptr; }

  static constexpr const char* kModel = "models/small.safetensors";
  static std::shared_ptr<const Engine> engine_;
  Pass pass_{{{0, 1, 0, 60, 80},
              {1, 1, 0, 64, 80},
              {2, 2, 0, 67, 80},
              {4, 1, 0, 65, 80},
              {5, 1, 0, 69, 80},
              {6, 2, 0, 72, 80}},
             2};
  Settings settings_;
};
std::shared_ptr<const Engine> Composing::engine_;

TEST_F(Composing, AccompaniesWithTheRolesThatAreOn) {
  settings_.own_program = 40;
  settings_.roles[1].on = false;
  const auto part = compose(engine_, pass_, settings_);
  ASSERT_TRUE(part) << part.error().message;
  std::map<int, int> notes;
  for (const LoopNote& note : part->notes) ++notes[note.channel];
  for (const auto& [channel, count] : notes) EXPECT_TRUE(channel == 1 || channel == 9) << channel;
  EXPECT_GT(notes[1] + notes[9], 4);
  EXPECT_EQ(part->programs, (std::vector<ChannelProgram>{{1, 32}}));
  EXPECT_EQ(compose(engine_, pass_, settings_)->notes, part->notes);  // the same for the same
  settings_.seed = 1;
  EXPECT_NE(compose(engine_, pass_, settings_)->notes, part->notes);
}

TEST_F(Composing, IsAsDenseAsWished) {
  settings_.own_program = 40;
  for (std::size_t i = 0; i < kRoles; ++i) settings_.roles[i].on = i == 0;
  const auto notes = [&](int density) {
    settings_.density = density;
    return compose(engine_, pass_, settings_).value().notes.size();
  };
  EXPECT_LT(notes(1), notes(12));
}

TEST_F(Composing, ContinuesOnThePersonsChannel) {
  settings_.mode = Mode::kContinue;
  const auto part = compose(engine_, pass_, settings_);
  ASSERT_TRUE(part) << part.error().message;
  ASSERT_GT(part->notes.size(), 2U);
  for (const LoopNote& note : part->notes) {
    EXPECT_EQ(note.channel, 0);
    EXPECT_LT(note.onset, 8);
  }
}

TEST_F(Composing, FillsTheChosenBars) {
  settings_.mode = Mode::kFill;
  settings_.fill_from = settings_.fill_to = 2;
  const auto part = compose(engine_, pass_, settings_);
  ASSERT_TRUE(part) << part.error().message;
  ASSERT_FALSE(part->notes.empty());
  for (const LoopNote& note : part->notes) EXPECT_GE(note.onset, 4);
}

TEST_F(Composing, InstancesShareOneModel) {
  EXPECT_EQ(shared_engine(kModel).value(), engine_);
  EXPECT_FALSE(shared_engine("/nowhere.safetensors"));
}

TEST_F(Composing, LooperAndComposerPlayTogether) {
  Host host;
  Composer composer(host.looper, kModel, [this] { return settings_; });
  for (const LoopNote& note : pass_.notes) {
    host.score.emplace_back(note.onset, on(note.pitch));
    host.score.emplace_back(note.onset + note.duration - 0.05, off(note.pitch));
  }
  while (composer.status() == "loading the model") std::this_thread::yield();
  host.play_until(8.1);
  while (composer.parts_written() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  host.play_until(24.1);
  EXPECT_GT(host.ons(), 4U);
  for (const auto& one : host.sent) EXPECT_GE(one.quarter, 8);
  const Part part = composer.part();
  EXPECT_FALSE(part.notes.empty());

  Host again;  // a saved part plays without the model
  Composer restored(again.looper, "/nowhere.safetensors", [this] { return settings_; });
  restored.restore(part_from_text(to_text(part)));
  again.play_until(7.98);
  EXPECT_EQ(again.ons(), part.notes.size());
}

}  // namespace
}  // namespace sage::plugin
