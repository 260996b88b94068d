// Each failure in a piece made to have it, and absent in one that only comes close.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "metrics/metric.h"
#include "pieces.h"

namespace sage {
namespace {

using test::note;
using test::part;
using test::piece;

double fault(const char* name, const Piece& p) {
  const auto all = all_metrics();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; });
  EXPECT_NE(found, all.end()) << name;
  EXPECT_EQ(found->reading, Reading::kRate) << name;
  return found->of(p);
}

/// One note a bar of 4/4, a quarter long, of these pitches; 0 for a silent bar.
Piece bars_with(const std::vector<int>& pitches) {
  std::vector<Note> notes;
  for (std::size_t bar = 0; bar < pitches.size(); ++bar)
    if (pitches[bar] > 0)
      notes.push_back(note(48 * static_cast<std::int64_t>(bar) + 6, 12, pitches[bar]));
  return piece({part(0, std::move(notes))});
}

TEST(Failures, StuckLoops) {
  EXPECT_EQ(fault("stuck_loop", bars_with({60, 60, 60, 60, 60, 60, 60, 60})), 1);
  EXPECT_EQ(fault("stuck_loop", bars_with({60, 60, 60, 60, 60, 60, 60, 61})), 0);
  EXPECT_EQ(fault("stuck_loop", bars_with({50, 60, 61, 60, 61, 60, 61, 60, 61, 52})), 1);
  EXPECT_EQ(fault("stuck_loop", bars_with({50, 60, 61, 60, 61, 60, 61, 60, 62, 61})), 0);
  // Three bars in turn are a phrase, and a silent bar ends what was before.
  EXPECT_EQ(fault("stuck_loop", bars_with({60, 61, 62, 60, 61, 62, 60, 61, 62, 60, 61, 62})), 0);
  EXPECT_EQ(fault("stuck_loop", bars_with({60, 60, 60, 60, 0, 60, 60, 60, 60, 60})), 0);
  EXPECT_TRUE(std::isnan(fault("stuck_loop", bars_with({60, 60, 60, 60, 60, 60, 60}))));
}

TEST(Failures, SilentBars) {
  EXPECT_EQ(fault("silent_bars", bars_with({60, 0, 62, 0, 63})), 0);
  EXPECT_EQ(fault("silent_bars", bars_with({60, 0, 0, 63})), 1);
  EXPECT_EQ(fault("silent_bars", piece({})), 1);
  // A held note is no silence, and ends with a bar where it ends at its line.
  EXPECT_EQ(fault("silent_bars", piece({part(0, {note(0, 150, 60), note(200, 3, 60)})})), 0);
  EXPECT_EQ(fault("silent_bars", piece({part(0, {note(0, 48, 60), note(144, 3, 60)})})), 1);
  Piece cut = bars_with({60, 61});
  cut.asked.bars = 3;
  EXPECT_EQ(fault("silent_bars", cut), 0);
  cut.asked.bars = 4;
  EXPECT_EQ(fault("silent_bars", cut), 1);
}

TEST(Failures, EndlessNotes) {
  EXPECT_EQ(fault("endless_note", piece({part(0, {note(10, 48 * 4, 60)})})), 1);
  EXPECT_EQ(fault("endless_note", piece({part(0, {note(10, 48 * 4 - 1, 60)})})), 0);
  EXPECT_EQ(fault("endless_note", piece({part(kDrumProgram, {note(0, 48 * 5, 49)})})), 0);
  EXPECT_TRUE(std::isnan(fault("endless_note", piece({part(0, {note(0, 48, 60)})}))));
}

TEST(Failures, OneNoteParts) {
  const auto repeated = [](int program, int times, int last) {
    std::vector<Note> notes;
    for (int i = 0; i < times; ++i) notes.push_back(note(12 * i, 6, i + 1 == times ? last : 60));
    return part(program, std::move(notes));
  };
  EXPECT_EQ(fault("one_note_part", piece({repeated(0, 8, 60)})), 1);
  EXPECT_EQ(fault("one_note_part", piece({repeated(0, 8, 61), repeated(40, 8, 60)})), 1);
  EXPECT_EQ(fault("one_note_part", piece({repeated(0, 8, 61), repeated(47, 8, 60)})), 0);
  EXPECT_TRUE(std::isnan(fault("one_note_part", piece({repeated(0, 7, 60)}))));
  EXPECT_TRUE(std::isnan(fault("one_note_part", piece({repeated(kDrumProgram, 9, 60)}))));
}

TEST(Failures, DrumsOffTheGrid) {
  const auto drums = [](int notes, int off) {
    std::vector<Note> list;
    for (int i = 0; i < notes; ++i) list.push_back(note(12 * i + (i < off ? 5 : 2), 1, 38));
    return piece({part(kDrumProgram, std::move(list))});
  };
  EXPECT_EQ(fault("drums_off_grid", drums(20, 3)), 1);
  EXPECT_EQ(fault("drums_off_grid", drums(20, 2)), 0);
  EXPECT_TRUE(std::isnan(fault("drums_off_grid", drums(7, 7))));
}

TEST(Failures, NotesThatNobodyCanPlay) {
  const auto violin = [](int notes, int low) {
    std::vector<Note> list;
    for (int i = 0; i < notes; ++i) list.push_back(note(12 * i, 6, i < low ? 50 : 70));
    return part(40, std::move(list));
  };
  EXPECT_EQ(fault("out_of_range", piece({violin(20, 2)})), 1);
  EXPECT_EQ(fault("out_of_range", piece({violin(20, 1)})), 0);
  EXPECT_EQ(fault("out_of_range", piece({part(0, {note(0, 6, 50)})})), 0);
  EXPECT_TRUE(std::isnan(fault("out_of_range", piece({part(0, {})}))));
}

TEST(Failures, InstrumentsThatStaySilent) {
  Piece p = piece({part(0, {note(0, 6, 50)}), part(40, {})});
  EXPECT_TRUE(std::isnan(fault("silent_instrument", p)));
  p.asked.programs = {0};
  EXPECT_EQ(fault("silent_instrument", p), 0);
  p.asked.programs = {0, 40};
  EXPECT_EQ(fault("silent_instrument", p), 1);
  p.asked.programs = {0, 41};  // not even a track
  EXPECT_EQ(fault("silent_instrument", p), 1);
}

TEST(Failures, InstrumentsThatLeave) {
  const auto band = [](int last_bar_of_violin, int bars) {
    std::vector<Note> violin, bass;
    for (int bar = 0; bar < bars; ++bar) {
      bass.push_back(note(48 * bar, 6, 40));
      if (bar <= last_bar_of_violin) violin.push_back(note(48 * bar, 6, 70));
    }
    Piece p = piece({part(40, std::move(violin)), part(33, std::move(bass))});
    p.asked.programs = {33, 40};
    return p;
  };
  EXPECT_EQ(fault("lost_instrument", band(3, 8)), 1);
  EXPECT_EQ(fault("lost_instrument", band(4, 8)), 0);
  EXPECT_TRUE(std::isnan(fault("lost_instrument", band(3, 7))));
  Piece short_one = band(3, 4);
  short_one.asked.bars = 8;  // the latter four are missing
  EXPECT_EQ(fault("lost_instrument", short_one), 1);
  short_one.asked.programs = {};
  EXPECT_TRUE(std::isnan(fault("lost_instrument", short_one)));
}

}  // namespace
}  // namespace sage
