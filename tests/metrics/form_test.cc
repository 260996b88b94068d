#include "metrics/form.h"

#include <gtest/gtest.h>

#include <cmath>

#include "metrics/metric.h"
#include "pieces.h"
#include "score/transform.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

constexpr std::int64_t kBar = 4 * kMetricGrid;

/// One bar for each letter: equal letters are equal bars, others have no note in common.
Piece spelt(const std::string& letters) {
  std::vector<Note> notes;
  for (std::size_t bar = 0; bar < letters.size(); ++bar) {
    for (int beat = 0; beat < 4; ++beat)
      notes.push_back(note(kBar * static_cast<std::int64_t>(bar) + 12 * beat, 12,
                           36 + 4 * (letters[bar] - 'a') + beat));
  }
  return piece({part(0, notes)});
}

TEST(Likeness, ByHand) {
  EXPECT_EQ(likeness({1, 2, 3}, {1, 2, 3}), 1);
  EXPECT_EQ(likeness({1, 2, 3}, {4}), 0);
  EXPECT_EQ(likeness({1, 2, 3}, {2}), 0.5);
  EXPECT_EQ(likeness({1}, {}), 0);
  EXPECT_TRUE(std::isnan(likeness({}, {})));
}

TEST(Form, PhrasesComeBackAtTheirLength) {
  const Form form = form_of(spelt("abcdabcdefghabcd"));
  EXPECT_DOUBLE_EQ(form.by_lag[7], 4.0 / 8);  // bars 13-16 are bars 5-8
  EXPECT_DOUBLE_EQ(form.by_lag[3], 4.0 / 12);
  EXPECT_DOUBLE_EQ(form.far_repeats, 4.0 / 8);
  EXPECT_EQ(form.immediate_repeats, 0);
  EXPECT_GT(form.lag_contrast, 0.3);
  EXPECT_TRUE(std::isnan(form.by_lag[15]));
}

TEST(Form, KnownDamageIsFound) {
  const double whole = form_of(spelt("abcdabcdefghabcd")).lag_contrast;
  EXPECT_LT(form_of(spelt("bhacdbafdecgbcad")).lag_contrast, whole / 2);  // the same bars, shuffled
  const Form loop = form_of(spelt("aaaaaaaaaaaaaaaa"));  // no phrase though all comes back
  EXPECT_EQ(loop.lag_contrast, 0);
  EXPECT_EQ(loop.immediate_repeats, 1);
  const Form wandering = form_of(spelt("abcdefghijklmnop"));
  EXPECT_EQ(wandering.far_repeats, 0);
  EXPECT_LT(wandering.lag_contrast, 0.1);
}

TEST(Form, ShortPiecesHaveNone) {
  EXPECT_TRUE(std::isnan(form_of(spelt("abcdabcd")).lag_contrast));
  EXPECT_TRUE(std::isnan(form_of(spelt("abcdabcd")).far_repeats));
  EXPECT_TRUE(std::isnan(form_of(piece({})).immediate_repeats));
}

TEST(PromptLikeness, TellsCopyingFromGoingOn) {
  const Piece prompt = spelt("abcd");
  EXPECT_EQ(prompt_likeness(spelt("abcdabcd"), prompt), 1);
  EXPECT_EQ(prompt_likeness(spelt("cbcb"), prompt), 1);
  EXPECT_DOUBLE_EQ(prompt_likeness(spelt("abcd"), spelt("a")),
                   prompt_likeness(spelt("abcd"), spelt("aa")));
  EXPECT_LT(prompt_likeness(spelt("efgh"), prompt), 0.3);
  EXPECT_TRUE(std::isnan(prompt_likeness(piece({}), prompt)));
  EXPECT_TRUE(std::isnan(prompt_likeness(prompt, piece({}))));
}

TEST(Endings, AreHeard) {
  // A scale in D minor, then its triad over D, over F, or another chord.
  std::vector<Note> scale;
  const int pitches[] = {62, 64, 65, 67, 69, 70, 72, 69, 62, 65, 69, 62};
  for (std::size_t i = 0; i < std::size(pitches); ++i)
    scale.push_back(note(12 * static_cast<std::int64_t>(i), 12, pitches[i]));
  const auto ending = [&](std::initializer_list<int> chord) {
    std::vector<Note> notes = scale;
    for (const int pitch : chord) notes.push_back(note(144, 48, pitch));
    return ends_on_tonic(piece({part(0, notes)}));
  };
  EXPECT_EQ(estimate_key(piece({part(0, scale)})).tonic, 2);
  EXPECT_TRUE(estimate_key(piece({part(0, scale)})).minor);
  EXPECT_EQ(ending({50, 57, 65}), 1);
  EXPECT_EQ(ending({50, 57, 66}), 1);  // a major third at the end of minor
  EXPECT_EQ(ending({53, 57, 62}), 0);
  EXPECT_EQ(ending({50, 58, 65}), 0);
  EXPECT_TRUE(std::isnan(ends_on_tonic(piece({part(kDrumProgram, {note(0, 12, 38)})}))));
}

double metric(std::string_view name, const Piece& p) {
  for (const Metric& m : all_metrics())
    if (m.name == name) return m.of(p);
  ADD_FAILURE() << name;
  return 0;
}

TEST(Expression, ByHand) {
  Piece p = piece({part(0, {note(0, 6, 60), note(6, 6, 62), note(kBar, 6, 64)})});
  auto& notes = p.score.tracks[0].notes;
  notes[0].velocity = 100, notes[1].velocity = 60, notes[2].velocity = 80;
  EXPECT_DOUBLE_EQ(metric("velocity_mean", p), 80);
  EXPECT_NEAR(metric("velocity_sd", p), std::sqrt(800.0 / 3), 1e-9);
  EXPECT_DOUBLE_EQ(metric("velocity_sd_in_bar", p), 20);
  EXPECT_DOUBLE_EQ(metric("beat_accent", p), 30);
  for (Note& n : notes) n.velocity = 90;  // known damage: played by a machine
  EXPECT_EQ(metric("velocity_sd", p), 0);
  EXPECT_EQ(metric("beat_accent", p), 0);
  EXPECT_TRUE(std::isnan(metric("velocity_mean", piece({}))));
}

}  // namespace
}  // namespace sage
