// Required of every metric of the registry: a unique name, a unit, a source, and the invariances
// that it claims.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "metrics/histograms.h"
#include "metrics/metric.h"
#include "pieces.h"
#include "score/transform.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

const Metric& metric(std::string_view name) {
  const auto all = all_metrics();
  return *std::find_if(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; });
}

void expect_equal(const Metric& m, const Piece& a, const Piece& b) {
  const double x = m.of(a), y = m.of(b);
  if (std::isnan(x) && std::isnan(y)) return;
  if (!(std::abs(x - y) < 1e-9)) RC_FAIL(std::string(m.name) + " is not invariant");
}

TEST(Registry, EveryMetricSaysWhatItIs) {
  std::set<std::string_view> names;
  EXPECT_GE(metric_registry().size(), 4u);
  for (const Metric& m : all_metrics()) {
    EXPECT_TRUE(names.insert(m.name).second) << m.name;
    EXPECT_FALSE(m.title.empty() || m.unit.empty() || m.reference.empty()) << m.name;
    ASSERT_NE(m.of, nullptr) << m.name;
  }
}

TEST(Registry, SharesLieBetweenZeroAndOne) {
  rc::check([] {
    const Piece p = test::any_piece();
    for (const Metric& m : all_metrics()) {
      const double value = m.of(p);
      if (std::isnan(value)) continue;
      RC_ASSERT(std::isfinite(value));
      if (m.unit != "difference") RC_ASSERT(value >= -1e-12);
      if (m.unit == "1") RC_ASSERT(value <= 1 + 1e-6);
    }
  });
}

RC_GTEST_PROP(Registry, TranspositionChangesNothingWhereClaimed, ()) {
  Score score = *test::any_score();
  for (Track& track : score.tracks)
    for (Note& n : track.notes) n.pitch = static_cast<std::uint8_t>(30 + n.pitch / 2);
  const Piece before = on_grid(score).value();
  transpose(score, *rc::gen::inRange(-24, 25));
  const Piece after = on_grid(score).value();
  for (const Metric& m : all_metrics())
    if (m.invariance == Invariance::kTransposition) expect_equal(m, before, after);
}

RC_GTEST_PROP(Registry, TheOrderOfTracksChangesNothing, ()) {
  Score score = *test::any_score();
  const Piece before = on_grid(score).value();
  std::reverse(score.tracks.begin(), score.tracks.end());
  const Piece after = on_grid(score).value();
  for (const Metric& m : all_metrics()) expect_equal(m, before, after);
}

RC_GTEST_PROP(Registry, TempoAndTickSizeChangeNothing, ()) {
  Score score = *test::any_score();
  const Piece before = on_grid(score).value();
  score.tempos = {{Tick{0}, 400'000}};
  const int factor = *rc::gen::inRange(2, 5);
  score.ticks_per_quarter *= factor;
  for (Track& track : score.tracks)
    for (Note& n : track.notes) n.onset = n.onset * factor, n.duration = n.duration * factor;
  for (MeterChange& change : score.meters) change.time = change.time * factor;
  const Piece after = on_grid(score).value();
  for (const Metric& m : all_metrics()) expect_equal(m, before, after);
}

TEST(Rhythm, ByHand) {
  const Piece p = piece({part(0, {note(0, 12, 60), note(24, 6, 62), note(36, 12, 64)})});
  EXPECT_NEAR(metric("mean_note_length").of(p), 30.0 / 12 / 3, 1e-12);
  EXPECT_NEAR(metric("mean_inter_onset").of(p), 1.5, 1e-12);
  EXPECT_NEAR(metric("note_density").of(p), 3.0 / 4, 1e-12);
  EXPECT_TRUE(std::isnan(metric("mean_note_length").of(piece({}))));
}

TEST(Structure, RepeatedBarsByHand) {
  // Bars a, b, a (longer notes), a, a silent one, c: two of the five filled bars are repeats.
  const Piece p = piece({part(0, {note(0, 6, 60), note(48, 6, 61), note(96, 9, 60),
                                  note(144, 6, 60), note(144 + 48 * 2, 6, 70)})});
  EXPECT_NEAR(metric("repeated_bar_rate").of(p), 2.0 / 5, 1e-12);
  EXPECT_EQ(metric("n_instruments_used").of(p), 1);
}

TEST(Structure, SelfSimilarityByHand) {
  // Eight half beats: four of C and four of C# have 2 * 6 alike pairs of 28.
  const Piece p = piece({part(0, {note(0, 24, 60), note(24, 24, 61)})});
  EXPECT_NEAR(metric("self_similarity").of(p), 12.0 / 28, 1e-9);
}

TEST(Histograms, CommonNoteValues) {
  const Piece p = piece({part(0, {note(0, 3, 60), note(12, 12, 60), note(24, 13, 62)}),
                         part(kDrumProgram, {note(0, 1, 36), note(6, 1, 36)})});
  const TimeHistogram lengths = note_length_histogram(p), gaps = inter_onset_histogram(p);
  EXPECT_EQ(lengths[2], 1);  // 1/16
  EXPECT_EQ(lengths[6], 2);  // quarters, one of them a little long; drums have no length
  EXPECT_EQ(gaps[6], 2);
  EXPECT_EQ(gaps[4], 1);  // between the drums
}

/// The class whose note value is nearest in octaves, by trying all of them.
std::size_t nearest_class(double quarters) {
  std::size_t best = 0;
  const auto distance = [&](std::size_t k) {
    return std::abs(std::log2(quarters / kTimeClasses[k]));
  };
  for (std::size_t k = 0; k < kTimeClassCount; ++k)
    if (distance(k) < distance(best)) best = k;
  return best;
}

RC_GTEST_PROP(Histograms, CountEveryLengthAndEveryGap, ()) {
  const Piece p = test::any_piece();
  TimeHistogram lengths = {}, gaps = {};
  for (const Track& track : p.score.tracks) {
    std::set<std::int64_t> onsets;
    for (const Note& n : track.notes) {
      onsets.insert(n.onset.count);
      if (!track.is_drum)
        lengths[nearest_class(static_cast<double>(n.duration.count) / kMetricGrid)] += 1;
    }
    for (auto it = onsets.begin(); it != onsets.end(); ++it)
      if (const auto next = std::next(it); next != onsets.end())
        gaps[nearest_class(static_cast<double>(*next - *it) / kMetricGrid)] += 1;
  }
  RC_ASSERT(note_length_histogram(p) == lengths);
  RC_ASSERT(inter_onset_histogram(p) == gaps);
}

RC_GTEST_PROP(Histograms, KeyTrackOrderAndTickSizeChangeNothing, ()) {
  Score score = *test::any_score();
  for (Track& track : score.tracks)
    for (Note& n : track.notes) n.pitch = static_cast<std::uint8_t>(30 + n.pitch / 2);
  const Piece before = on_grid(score).value();
  transpose(score, *rc::gen::inRange(-24, 25));
  std::reverse(score.tracks.begin(), score.tracks.end());
  score.tempos = {{Tick{0}, 400'000}};
  score.ticks_per_quarter *= 3;
  for (Track& track : score.tracks)
    for (Note& n : track.notes) n.onset = n.onset * 3, n.duration = n.duration * 3;
  for (MeterChange& change : score.meters) change.time = change.time * 3;
  const Piece after = on_grid(score).value();
  RC_ASSERT(note_length_histogram(before) == note_length_histogram(after));
  RC_ASSERT(inter_onset_histogram(before) == inter_onset_histogram(after));
}

}  // namespace
}  // namespace sage
