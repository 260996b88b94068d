// The definitions against values worked out by hand, and against a reference implementation of the
// words of the definitions step by step over dense arrays.
#include "metrics/definitions.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "base/nan.h"
#include "pieces.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

constexpr double kTolerance = 1e-9;

// --------------------------------------------------------------------------------------------
// by hand

/// Two bars of 4/4: C E G held for a bar, then A alone, with a kick on every beat of the first bar.
Piece small() {
  return piece(
      {part(0, {note(0, 48, 60), note(0, 48, 64), note(0, 48, 67), note(48, 36, 69)}),
       part(kDrumProgram, {note(0, 1, 36), note(12, 1, 36), note(24, 1, 36), note(36, 1, 36)})});
}

TEST(Definitions, PitchesByHand) {
  EXPECT_EQ(pitches_used(small()), 4);
  EXPECT_EQ(pitch_classes_used(small()), 4);
  EXPECT_EQ(pitch_range(small()), 9);                    // the kick does not count
  EXPECT_NEAR(pitch_entropy(small()), 2.0, kTolerance);  // four equal shares
  EXPECT_NEAR(pitch_class_entropy(small()), 2.0, kTolerance);
  // C twice, E once: -(2/3 log2 2/3 + 1/3 log2 1/3) = log2 3 - 2/3.
  EXPECT_NEAR(
      pitch_class_entropy(piece({part(0, {note(0, 1, 60), note(1, 1, 72), note(2, 1, 64)})})),
      std::log2(3.0) - 2.0 / 3.0, kTolerance);
}

TEST(Definitions, ScalesByHand) {
  const Piece chromatic = piece(
      {part(0, {note(0, 1, 60), note(1, 1, 61), note(2, 1, 62), note(3, 1, 63), note(4, 1, 64)})});
  EXPECT_NEAR(pitch_in_scale_rate(chromatic, 0, Mode::kMajor), 3.0 / 5, kTolerance);  // C D E
  EXPECT_NEAR(pitch_in_scale_rate(chromatic, 0, Mode::kMinor), 3.0 / 5, kTolerance);  // C D Eb
  EXPECT_NEAR(pitch_in_scale_rate(chromatic, 1, Mode::kMinor), 3.0 / 5, kTolerance);  // C# D# E
  EXPECT_NEAR(scale_consistency(chromatic), 3.0 / 5, kTolerance);
  EXPECT_NEAR(scale_consistency(small()), 1.0, kTolerance);
}

TEST(Definitions, TimeByHand) {
  // 48 steps of three pitches and 36 of one.
  EXPECT_NEAR(polyphony(small()), (48.0 * 3 + 36) / 84, kTolerance);
  EXPECT_NEAR(polyphony_rate(small()), 48.0 / 84, kTolerance);
  EXPECT_NEAR(polyphony_rate(small(), 3), 0.0, kTolerance);
  EXPECT_NEAR(empty_beat_rate(small()), 0.0, kTolerance);
  // Bars {0, 12, 24, 36} and {0}: three of 48 positions differ.
  EXPECT_NEAR(groove_consistency(small(), Tick{48}), 1 - 3.0 / 48, kTolerance);
}

TEST(Definitions, ANoteThatEndsOnABeatCountsForThatBeatToo) {
  // Beats 0..4 in all (length 48 / 12 + 1): the first note fills 0 and 1, the last 3 and 4.
  const Piece gap = piece({part(0, {note(0, 12, 60), note(40, 8, 60)})});
  EXPECT_NEAR(empty_beat_rate(gap), 1.0 / 5, kTolerance);
  // Measures of 12: the same; of 48: two, both filled.
  EXPECT_NEAR(empty_measure_rate(gap, Tick{12}), 1.0 / 5, kTolerance);
  EXPECT_NEAR(empty_measure_rate(gap, Tick{48}), 0.0, kTolerance);
}

TEST(Definitions, DrumsByHand) {
  const Piece drums = piece({part(kDrumProgram, {note(0, 1, 36), note(3, 1, 36), note(4, 1, 36),
                                                 note(6, 1, 36), note(7, 1, 36)})});
  EXPECT_NEAR(drum_in_pattern_rate(drums, Feel::kDuple), 3.0 / 5, kTolerance);   // 0 3 6
  EXPECT_NEAR(drum_in_pattern_rate(drums, Feel::kTriple), 2.0 / 5, kTolerance);  // 0 4
  EXPECT_NEAR(drum_pattern_consistency(drums), 3.0 / 5, kTolerance);
}

TEST(Definitions, NothingToMeasureIsNaN) {
  const Piece silent = piece({});
  const Piece drums = piece({part(kDrumProgram, {note(0, 3, 36)})});
  for (const Piece& p : {silent, drums}) {
    EXPECT_TRUE(std::isnan(pitch_entropy(p)));
    EXPECT_TRUE(std::isnan(pitch_class_entropy(p)));
    EXPECT_TRUE(std::isnan(scale_consistency(p)));
    EXPECT_TRUE(std::isnan(pitch_in_scale_rate(p, 0, Mode::kMajor)));
    EXPECT_TRUE(std::isnan(polyphony(p)));
    EXPECT_EQ(pitch_range(p), 0);
    EXPECT_EQ(pitches_used(p), 0);
  }
  EXPECT_TRUE(std::isnan(polyphony_rate(silent)));
  EXPECT_EQ(polyphony_rate(drums), 0);
  EXPECT_TRUE(std::isnan(empty_beat_rate(silent)));
  EXPECT_TRUE(std::isnan(empty_measure_rate(silent, Tick{48})));
  EXPECT_TRUE(std::isnan(groove_consistency(drums, Tick{48})));  // one bar only
  EXPECT_TRUE(std::isnan(drum_in_pattern_rate(silent, Feel::kDuple)));
  EXPECT_TRUE(std::isnan(drum_pattern_consistency(silent)));
  EXPECT_TRUE(std::isnan(empty_track_rate(silent)));
}

TEST(Definitions, EmptyTracks) {
  EXPECT_NEAR(empty_track_rate(piece({part(0, {note(0, 1, 60)}), part(5, {}), part(7, {})})),
              2.0 / 3, kTolerance);
}

// --------------------------------------------------------------------------------------------
// the reference implementation: dense arrays, as in the definitions

struct Dense {
  std::vector<std::bitset<128>> roll;  // a step: pitches that sound
  std::vector<double> pitches = std::vector<double>(128, 0.0);
  std::vector<std::pair<std::int64_t, std::int64_t>> spans;  // of all notes
  std::vector<std::int64_t> drums;
  std::int64_t length = 0;
  std::int64_t resolution = 1;

  explicit Dense(const Score& score) : resolution(score.ticks_per_quarter) {
    for (const Track& track : score.tracks)
      for (const Note& n : track.notes) length = std::max(length, n.onset.count + n.duration.count);
    roll.resize(static_cast<std::size_t>(length));
    for (const Track& track : score.tracks) {
      for (const Note& n : track.notes) {
        spans.push_back({n.onset.count, n.onset.count + n.duration.count});
        if (track.is_drum) {
          drums.push_back(n.onset.count);
          continue;
        }
        pitches[n.pitch] += 1;
        for (auto t = n.onset.count; t < n.onset.count + n.duration.count; ++t)
          roll[static_cast<std::size_t>(t)].set(n.pitch);
      }
    }
  }

  double empty_rate(std::int64_t unit) const {
    std::vector<bool> filled(static_cast<std::size_t>(length / unit + 1));
    for (const auto& [begin, end] : spans)
      for (auto k = begin / unit; k <= end / unit; ++k) filled[static_cast<std::size_t>(k)] = true;
    const auto empty = std::count(filled.begin(), filled.end(), false);
    return static_cast<double>(empty) / static_cast<double>(filled.size());
  }

  double groove(std::int64_t unit) const {
    const auto bars = static_cast<std::size_t>(length / unit + 1);
    std::vector<std::vector<bool>> onsets(bars, std::vector<bool>(static_cast<std::size_t>(unit)));
    for (const auto& [begin, end] : spans)
      onsets[static_cast<std::size_t>(begin / unit)][static_cast<std::size_t>(begin % unit)] = true;
    double distance = 0;
    for (std::size_t bar = 0; bar + 1 < bars; ++bar)
      for (std::size_t i = 0; i < onsets[bar].size(); ++i)
        if (onsets[bar][i] != onsets[bar + 1][i]) distance += 1;
    return 1 - distance / (static_cast<double>(unit) * static_cast<double>(bars - 1));
  }
};

void expect_same(double value, double expected) {
  if (std::isnan(expected)) {
    RC_ASSERT(std::isnan(value));
  } else {
    RC_ASSERT(std::abs(value - expected) < kTolerance);
  }
}

RC_GTEST_PROP(Definitions, AgreeWithTheSlowTwin, ()) {
  const Piece p = piece_of(*test::any_score()).value();
  const Dense dense(p.score);
  double notes = 0;
  for (const double n : dense.pitches) notes += n;
  std::vector<double> classes(12, 0.0);
  for (std::size_t pitch = 0; pitch < 128; ++pitch) classes[pitch % 12] += dense.pitches[pitch];
  const auto entropy = [&](const std::vector<double>& counts) {
    double bits = 0;
    for (const double n : counts)
      if (n > 0) bits += n / notes * std::log2(notes / n);
    return notes > 0 ? bits : kNaN;
  };
  expect_same(pitch_entropy(p), entropy(dense.pitches));
  expect_same(pitch_class_entropy(p), entropy(classes));

  double best = notes > 0 ? 0 : kNaN;
  for (const auto& scale :
       {std::set<std::size_t>{0, 2, 4, 5, 7, 9, 11}, std::set<std::size_t>{0, 2, 3, 5, 7, 8, 10}})
    for (std::size_t root = 0; root < 12 && notes > 0; ++root) {
      double inside = 0;
      for (std::size_t k = 0; k < 12; ++k)
        if (scale.count((k + 12 - root) % 12) > 0) inside += classes[k];
      best = std::max(best, inside / notes);
    }
  expect_same(scale_consistency(p), best);

  double sounding = 0, steps = 0, many = 0;
  for (const auto& step : dense.roll) {
    sounding += static_cast<double>(step.count());
    if (step.any()) steps += 1;
    if (step.count() > 2) many += 1;
  }
  expect_same(polyphony(p), steps > 0 ? sounding / steps : kNaN);
  expect_same(polyphony_rate(p),
              dense.length > 0 ? many / static_cast<double>(dense.length) : kNaN);
}

RC_GTEST_PROP(Definitions, OfTimeAgreeWithTheSlowTwin, ()) {
  const Piece p = piece_of(*test::any_score()).value();
  const Dense dense(p.score);
  const auto measure = *rc::gen::inRange<std::int64_t>(1, 8) * dense.resolution;
  expect_same(empty_beat_rate(p), dense.length > 0 ? dense.empty_rate(dense.resolution) : kNaN);
  expect_same(empty_measure_rate(p, Tick{measure}),
              dense.length > 0 ? dense.empty_rate(measure) : kNaN);
  expect_same(groove_consistency(p, Tick{measure}),
              dense.length >= measure ? dense.groove(measure) : kNaN);
  for (const Feel feel : {Feel::kDuple, Feel::kTriple}) {
    std::set<std::int64_t> pattern = {0};
    for (const int parts : feel == Feel::kDuple ? std::vector<int>{2, 4} : std::vector<int>{3})
      if (dense.resolution % parts == 0)
        for (int k = 0; k < parts; ++k) pattern.insert(k * (dense.resolution / parts));
    const auto inside = std::count_if(dense.drums.begin(), dense.drums.end(), [&](std::int64_t t) {
      return pattern.count(t % dense.resolution) > 0;
    });
    expect_same(drum_in_pattern_rate(p, feel),
                dense.drums.empty()
                    ? kNaN
                    : static_cast<double>(inside) / static_cast<double>(dense.drums.size()));
  }
}

RC_GTEST_PROP(Definitions, OfPitchesAndTracksAgreeWithTheSlowTwin, ()) {
  const Piece p = piece_of(*test::any_score()).value();
  std::set<int> pitches, classes;
  double notes = 0, empty = 0;
  for (const Track& track : p.score.tracks) {
    if (track.notes.empty()) empty += 1;
    if (track.is_drum) continue;
    for (const Note& n : track.notes)
      pitches.insert(n.pitch), classes.insert(n.pitch % 12), ++notes;
  }
  expect_same(pitches_used(p), static_cast<double>(pitches.size()));
  expect_same(pitch_classes_used(p), static_cast<double>(classes.size()));
  expect_same(pitch_range(p), pitches.empty() ? 0 : *pitches.rbegin() - *pitches.begin());
  expect_same(empty_track_rate(p),
              p.score.tracks.empty() ? kNaN : empty / static_cast<double>(p.score.tracks.size()));
  // Any scale, a note at a time: the steps of the scale from its root upwards.
  const int root = *rc::gen::inRange(0, 12);
  for (const Mode mode : {Mode::kMajor, Mode::kMinor}) {
    std::set<int> scale;
    int pitch = root;
    for (const int step : mode == Mode::kMajor ? std::vector<int>{2, 2, 1, 2, 2, 2, 1}
                                               : std::vector<int>{2, 1, 2, 2, 1, 2, 2})
      scale.insert(pitch % 12), pitch += step;
    double inside = 0;
    for (const Track& track : p.score.tracks)
      for (const Note& n : track.notes)
        if (!track.is_drum && scale.count(n.pitch % 12) > 0) inside += 1;
    expect_same(pitch_in_scale_rate(p, root, mode), notes > 0 ? inside / notes : kNaN);
  }
  const double duple = drum_in_pattern_rate(p, Feel::kDuple);
  const double triple = drum_in_pattern_rate(p, Feel::kTriple);
  expect_same(drum_pattern_consistency(p), std::isnan(duple) ? kNaN : std::max(duple, triple));
}

}  // namespace
}  // namespace sage
