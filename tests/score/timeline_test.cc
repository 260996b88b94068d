#include "score/timeline.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "random_music.h"

namespace sage {
namespace {

Score with_meters(std::vector<MeterChange> meters, int ticks_per_quarter = 480) {
  Score score;
  score.ticks_per_quarter = ticks_per_quarter;
  score.meters = std::move(meters);
  return score;
}

TEST(Timeline, CountAndEnd) {
  Score score;
  EXPECT_EQ(note_count(score), 0u);
  EXPECT_EQ(end_of(score), Tick{0});
  score.tracks.resize(2);
  score.tracks[0].notes = {{Tick{0}, Tick{1000}}, {Tick{500}, Tick{10}}};
  score.tracks[1].notes = {{Tick{900}, Tick{50}}};
  EXPECT_EQ(note_count(score), 3u);
  EXPECT_EQ(end_of(score), Tick{1000});
}

TEST(TempoMap, IsAt120UnlessTheScoreSaysOtherwise) {
  const TempoMap map(Score{});
  EXPECT_DOUBLE_EQ(map.seconds_at(Tick{960}), 1.0);
  EXPECT_EQ(map.tick_at(1.0), Tick{960});
  EXPECT_EQ(map.tempo_at(Tick{5}), kDefaultTempo);
}

TEST(TempoMap, AddsUpSegments) {
  Score score;
  score.tempos = {{Tick{480}, 1'000'000}, {Tick{960}, 250'000}};
  const TempoMap map(score);
  EXPECT_DOUBLE_EQ(map.seconds_at(Tick{480}), 0.5);
  EXPECT_DOUBLE_EQ(map.seconds_at(Tick{960}), 1.5);
  EXPECT_DOUBLE_EQ(map.seconds_at(Tick{1440}), 1.75);
  EXPECT_EQ(map.tempo_at(Tick{479}), kDefaultTempo);
  EXPECT_EQ(map.tempo_at(Tick{480}), 1'000'000u);
  EXPECT_EQ(map.tempo_at(Tick{100'000}), 250'000u);
}

TEST(TempoMap, DurationIsThatOfTheLastNotesEnd) {
  Score score;
  score.tracks.resize(1);
  score.tracks[0].notes = {{Tick{480}, Tick{480}}};
  EXPECT_DOUBLE_EQ(duration_seconds(score), 1.0);
}

TEST(TempoMap, SurvivesSecondsThatMakeNoSense) {
  const TempoMap map(Score{});
  EXPECT_GT(map.tick_at(std::numeric_limits<double>::infinity()), Tick{0});
  EXPECT_LT(map.tick_at(-std::numeric_limits<double>::infinity()), Tick{0});
}

RC_GTEST_PROP(TempoMapProperty, TicksComeBackFromSeconds, ()) {
  const Score score = *test::any_score();
  const TempoMap map(score);
  const Tick tick{*rc::gen::inRange<std::int64_t>(0, 1'000'000)};
  RC_ASSERT(map.tick_at(map.seconds_at(tick)) == tick);
}

TEST(Bars, AreInFourFourByDefaultAndAtLeastOne) {
  const auto bars = bars_of(Score{}, Tick{0});
  ASSERT_TRUE(bars);
  EXPECT_EQ(*bars, (std::vector<Bar>{{Tick{0}, Tick{1920}, Meter{4, 4}}}));
  EXPECT_EQ(bars_of(Score{}, Tick{1920})->size(), 1u);
  EXPECT_EQ(bars_of(Score{}, Tick{1921})->size(), 2u);
}

TEST(Bars, AMeterChangeInsideABarCutsItShort) {
  const Score score = with_meters({{Tick{0}, {3, 4}}, {Tick{2000}, {6, 8}}});
  const auto bars = bars_of(score, Tick{3440});
  ASSERT_TRUE(bars);
  EXPECT_EQ(*bars, (std::vector<Bar>{{Tick{0}, Tick{1440}, {3, 4}},
                                     {Tick{1440}, Tick{560}, {3, 4}},
                                     {Tick{2000}, Tick{1440}, {6, 8}}}));
}

TEST(Bars, TheLastOfSeveralMetersAtATickCounts) {
  const auto bars = bars_of(with_meters({{Tick{0}, {3, 4}}, {Tick{0}, {5, 4}}}), Tick{1});
  EXPECT_EQ(bars->front().meter, (Meter{5, 4}));
}

TEST(Bars, RoundingErrorsAreCarriedOn) {
  // A 1/128 bar at 100 ticks a quarter note lasts 3.125 ticks: eight of them make 25.
  const auto bars = bars_of(with_meters({{Tick{0}, {1, 128}}}, 100), Tick{2500});
  ASSERT_TRUE(bars);
  EXPECT_EQ(bars->size(), 800u);
  for (std::size_t i = 0; i < bars->size(); i += 8)
    EXPECT_EQ((*bars)[i].start.count, static_cast<std::int64_t>(i / 8 * 25));
}

TEST(Bars, ABarLastsAtLeastOneTick) {
  const auto bars = bars_of(with_meters({{Tick{0}, {1, 128}}}, 1), Tick{50});
  ASSERT_TRUE(bars);
  EXPECT_EQ(bars->size(), 50u);
}

TEST(Bars, AbsurdScoresEndAtTheLimit) {
  const Tick far{(std::int64_t{1} << 40) - 1};
  const auto tiny = bars_of(with_meters({{Tick{0}, {1, 128}}}, 1), far);
  ASSERT_FALSE(tiny);
  EXPECT_EQ(tiny.error().code, ErrorCode::kLimit);
  EXPECT_TRUE(bars_of(with_meters({{Tick{0}, {255, 1}}}, 32767), far));
  EXPECT_FALSE(bars_of(with_meters({{Tick{0}, {0, 0}}}, 0), far));
}

TEST(Bars, AChangeAtEveryTickMakesABarOfEveryTick) {
  std::vector<MeterChange> meters;
  for (std::int64_t t = 0; t < 150'000; ++t)
    meters.push_back({Tick{t}, {static_cast<std::uint8_t>(1 + t % 7), 4}});
  const Score score = with_meters(std::move(meters));
  EXPECT_FALSE(bars_of(score, Tick{150'000}));
  const auto bars = bars_of(score, Tick{99'999});
  ASSERT_TRUE(bars);
  EXPECT_EQ(bars->size(), 99'999u);
}

RC_GTEST_PROP(BarsProperty, BarsTileTimeAndFollowTheMeters, ()) {
  const Score score = *test::any_score();
  const Tick end = end_of(score);
  const auto bars = bars_of(score, end);
  if (!bars) return;
  RC_ASSERT(!bars->empty());
  Tick expected;
  for (const Bar& bar : *bars) {
    RC_ASSERT(bar.start == expected);
    RC_ASSERT(bar.length > Tick{0});
    expected = bar.end();
  }
  RC_ASSERT(bars->back().start < std::max(end, Tick{1}));
  RC_ASSERT(bars->back().end() >= end);
  for (const MeterChange& change : score.meters) {
    if (change.time > bars->back().start) continue;
    const bool starts_a_bar = std::any_of(bars->begin(), bars->end(), [&](const Bar& bar) {
      return bar.start == change.time && bar.meter == change.meter;
    });
    RC_ASSERT(starts_a_bar);
  }
}

}  // namespace
}  // namespace sage
