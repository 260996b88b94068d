// NMSI against values worked out by hand and against a reference implementation of the definition.
#include "metrics/similarity.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "pieces.h"
#include "score/transform.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

Similarity compare(const Piece& g, const Piece& r) {
  return similarity(features_of(g).value(), features_of(r).value());
}

TEST(Similarity, APieceIsLikeItself) {
  rc::check([] {
    const Piece p = test::any_piece();
    const Similarity s = compare(p, p);
    RC_ASSERT(s.chroma == 1.0);
    RC_ASSERT(s.groove == 1.0);
    RC_ASSERT(s.structure == 1.0);
    RC_ASSERT(s.density == 1.0);
    RC_ASSERT(s.nmsi() == 100.0);
  });
}

TEST(Similarity, ByHand) {
  // One bar: C for half a bar, then E; against C held throughout with a kick on the third beat.
  const Piece g = piece({part(0, {note(0, 24, 60), note(24, 24, 64)})});
  const Piece r = piece({part(0, {note(0, 48, 60)}), part(kDrumProgram, {note(24, 3, 36)})});
  const Similarity s = compare(g, r);
  EXPECT_NEAR(s.chroma, 1 / std::sqrt(2.0), 1e-12);  // (1, 1) against (1, 0)
  EXPECT_NEAR(s.groove, 1.0, 1e-12);                 // onsets at 0 and 24 in both
  EXPECT_NEAR(s.structure, 1 - 32.0 / 64, 1e-6);     // the two off-diagonal quarters differ by 1
  EXPECT_NEAR(s.density, 1 - 0.5 / 16, 1e-12);       // one note against two in one sixteenth
  EXPECT_NEAR(s.nmsi(), 25 * (1 / std::sqrt(2.0) + 1 + 0.5 + 1 - 0.5 / 16), 1e-4);
}

TEST(Similarity, BarsWithoutAPartnerScoreNothing) {
  const Piece one = piece({part(0, {note(0, 48, 60)})});
  const Piece two = piece({part(0, {note(0, 48, 60), note(48, 48, 60)})});
  const Similarity s = compare(one, two);
  EXPECT_NEAR(s.chroma, 0.5, 1e-12);
  EXPECT_NEAR(s.groove, 0.5, 1e-12);
  EXPECT_NEAR(s.structure, 0.25, 1e-12);  // 8 x 8 of 16 x 16
  EXPECT_NEAR(s.density, 0.5, 1e-12);
}

TEST(Similarity, Silence) {
  const Piece silent = piece({});
  const Piece sound = piece({part(0, {note(0, 48, 60)})});
  EXPECT_EQ(compare(silent, silent).nmsi(), 100);
  const Similarity s = compare(silent, sound);
  EXPECT_EQ(s.chroma, 0);
  EXPECT_EQ(s.groove, 0);
  EXPECT_EQ(s.density, 0);
  EXPECT_EQ(s.structure, 1);  // both stay what they are from one half beat to the next
}

RC_GTEST_PROP(Similarity, IsSymmetricAndBetweenZeroAndOne, ()) {
  const Piece a = test::any_piece(), b = test::any_piece();
  const Similarity s = compare(a, b), t = compare(b, a);
  RC_ASSERT(std::abs(s.nmsi() - t.nmsi()) < 1e-9);
  for (const double term : {s.chroma, s.groove, s.structure, s.density}) {
    RC_ASSERT(term >= -1e-6);
    RC_ASSERT(term <= 1.0);
  }
}

RC_GTEST_PROP(Similarity, TransposingBothAlikeChangesNothing, ()) {
  Score a = *test::any_score(), b = *test::any_score();
  for (Score* score : {&a, &b})
    for (Track& track : score->tracks)
      for (Note& n : track.notes) n.pitch = static_cast<std::uint8_t>(30 + n.pitch / 2);
  const double before = compare(on_grid(a).value(), on_grid(b).value()).nmsi();
  const int semitones = *rc::gen::inRange(-24, 25);
  transpose(a, semitones);
  transpose(b, semitones);
  RC_ASSERT(std::abs(compare(on_grid(a).value(), on_grid(b).value()).nmsi() - before) < 1e-4);
}

RC_GTEST_PROP(Similarity, TransposingOneChangesItsChromaAlone, ()) {
  Score a = *test::any_score();
  for (Track& track : a.tracks)
    for (Note& n : track.notes) n.pitch = static_cast<std::uint8_t>(30 + n.pitch / 2);
  const Piece original = on_grid(a).value();
  transpose(a, *rc::gen::inRange(-11, 12));
  const Similarity s = compare(on_grid(a).value(), original);
  RC_ASSERT(s.groove == 1.0);
  RC_ASSERT(s.structure == 1.0);
  RC_ASSERT(s.density == 1.0);
}

// --------------------------------------------------------------------------------------------
// the reference implementation

using Bag = std::map<std::int64_t, double>;

double cosine(const Bag& a, const Bag& b) {
  double aa = 0, bb = 0, ab = 0;
  for (const auto& [key, x] : a) {
    aa += x * x;
    if (b.count(key) > 0) ab += x * b.at(key);
  }
  for (const auto& [key, x] : b) bb += x * x;
  if (a.empty() && b.empty()) return 1;
  return a.empty() || b.empty() ? 0 : ab / std::sqrt(aa * bb);
}

struct Cell {
  Tick begin, end;
};

/// The cells of a bar, `length` steps each.
std::vector<Cell> cells_of(const Bar& bar, std::int64_t length) {
  std::vector<Cell> cells;
  for (Tick t = bar.start; t < bar.end(); t += Tick{length})
    cells.push_back({t, std::min(t + Tick{length}, bar.end())});
  return cells;
}

Bag count(const Piece& p, Cell cell, bool chroma, bool sounding) {
  Bag bag;
  for (const Track& track : p.score.tracks) {
    if (chroma && track.is_drum) continue;
    for (const Note& n : track.notes) {
      const Tick end = n.onset + n.duration;
      double weight = n.onset >= cell.begin && n.onset < cell.end ? 1 : 0;
      if (sounding)
        weight =
            static_cast<double>((std::min(end, cell.end) - std::max(n.onset, cell.begin)).count);
      if (weight > 0) bag[chroma ? n.pitch % 12 : (n.onset - cell.begin).count] += weight;
    }
  }
  return bag;
}

double sounding_notes(const Piece& p, Cell cell) {
  double notes = 0;
  for (const Track& track : p.score.tracks)
    for (const Note& n : track.notes)
      if (n.onset < cell.end && n.onset + n.duration > cell.begin) notes += 1;
  return notes;
}

Similarity by_definition(const Piece& g, const Piece& r) {
  Similarity out;
  struct Half {
    bool both;
    Bag g, r;
  };
  std::vector<Half> halves;
  double sixteenths = 0, distance = 0;
  const std::size_t bars = std::max(g.bars.size(), r.bars.size());
  for (std::size_t i = 0; i < bars; ++i) {
    const bool in_g = i < g.bars.size(), in_r = i < r.bars.size();
    if (in_g && in_r) {
      const Cell a{g.bars[i].start, g.bars[i].end()}, b{r.bars[i].start, r.bars[i].end()};
      out.chroma += cosine(count(g, a, true, false), count(r, b, true, false));
      out.groove += cosine(count(g, a, false, false), count(r, b, false, false));
    }
    const auto halves_g = in_g ? cells_of(g.bars[i], 6) : std::vector<Cell>();
    const auto halves_r = in_r ? cells_of(r.bars[i], 6) : std::vector<Cell>();
    for (std::size_t k = 0; k < std::max(halves_g.size(), halves_r.size()); ++k) {
      const bool both = k < halves_g.size() && k < halves_r.size();
      halves.push_back({both, both ? count(g, halves_g[k], true, true) : Bag(),
                        both ? count(r, halves_r[k], true, true) : Bag()});
    }
    const auto fine_g = in_g ? cells_of(g.bars[i], 3) : std::vector<Cell>();
    const auto fine_r = in_r ? cells_of(r.bars[i], 3) : std::vector<Cell>();
    for (std::size_t k = 0; k < std::max(fine_g.size(), fine_r.size()); ++k) {
      sixteenths += 1;
      if (k >= fine_g.size() || k >= fine_r.size()) {
        distance += 1;
        continue;
      }
      const double a = sounding_notes(g, fine_g[k]), b = sounding_notes(r, fine_r[k]);
      distance += std::abs(a - b) / std::max({a, b, 1.0});
    }
  }
  out.chroma /= static_cast<double>(bars);
  out.groove /= static_cast<double>(bars);
  out.density = 1 - distance / sixteenths;
  double difference = 0;
  for (const Half& a : halves)
    for (const Half& b : halves)
      difference += a.both && b.both ? std::abs(cosine(a.g, b.g) - cosine(a.r, b.r)) : 1;
  out.structure =
      1 - difference / (static_cast<double>(halves.size()) * static_cast<double>(halves.size()));
  return out;
}

TEST(Similarity, AgreesWithTheDefinition) {
  rc::check([] {
    // Short pieces: the reference implementation is slow.
    const Piece g = bars_between(test::any_piece(), 0, *rc::gen::inRange<std::size_t>(1, 6));
    const Piece r = bars_between(test::any_piece(), 0, *rc::gen::inRange<std::size_t>(1, 6));
    RC_PRE(g.end().count < 2000 && r.end().count < 2000);
    const Similarity fast = compare(g, r), slow = by_definition(g, r);
    RC_ASSERT(std::abs(fast.chroma - slow.chroma) < 1e-9);
    RC_ASSERT(std::abs(fast.groove - slow.groove) < 1e-9);
    RC_ASSERT(std::abs(fast.density - slow.density) < 1e-9);
    RC_ASSERT(std::abs(fast.structure - slow.structure) < 1e-5);
  });
}

TEST(Similarity, EndlessPiecesAreRefused) {
  const Piece p = piece({part(0, {note(0, 12, 60), note(12 * 4 * 6000, 12, 60)})});
  EXPECT_FALSE(features_of(p));
}

/// A bar of four quarters of one pitch each.
Features features_of_pitches(std::initializer_list<int> pitches) {
  std::vector<Note> notes;
  std::int64_t at = 0;
  for (const int pitch : pitches)
    notes.push_back(test::note(kMetricGrid * at++, kMetricGrid, pitch));
  return features_of(test::piece({test::part(0, notes)})).value();
}

TEST(EnergyScore, ByHand) {
  const Features r = features_of_pitches({60, 62, 64, 65}),
                 other = features_of_pitches({61, 63, 66, 68});
  const double d = 100 - similarity(other, r).nmsi();
  ASSERT_GT(d, 10);
  EXPECT_EQ(energy_score(std::vector{r, r}, r).score, 0);
  const EnergyScore mixed = energy_score(std::vector{r, other}, r);
  EXPECT_DOUBLE_EQ(mixed.to_reference, d / 2);
  EXPECT_DOUBLE_EQ(mixed.between, d);
  EXPECT_DOUBLE_EQ(mixed.score, 0);  // half right: as far from each other as from the reference
  EXPECT_DOUBLE_EQ(energy_score(std::vector{other, other}, r).score, d);
}

TEST(EnergyScore, IsLeastForTakesFromTheReferencesDistribution) {
  // Composers write one of four bars; systems write the same four, one of them always, or others.
  const std::vector<Features> bars = {
      features_of_pitches({60, 62, 64, 65}), features_of_pitches({67, 65, 64, 62}),
      features_of_pitches({60, 60, 67, 67}), features_of_pitches({69, 65, 62, 57})};
  const std::vector<Features> far = {
      features_of_pitches({61, 63, 66, 68}), features_of_pitches({70, 68, 66, 63}),
      features_of_pitches({61, 61, 68, 68}), features_of_pitches({66, 68, 70, 73})};
  double same = 0, safe = 0, wild = 0;
  for (const Features& reference : bars) {
    // All pairs of draws, with equal ones as often as drawing with replacement gives them.
    for (const Features& x : bars)
      for (const Features& y : bars) same += energy_score(std::vector{x, y}, reference).score;
    safe += 16 * energy_score(std::vector{bars[0], bars[0]}, reference).score;
    for (const Features& x : far)
      for (const Features& y : far) wild += energy_score(std::vector{x, y}, reference).score;
  }
  EXPECT_LT(same, safe);
  EXPECT_LT(same, wild);
}

}  // namespace
}  // namespace sage
