#include "generate/compose.h"

#include <gtest/gtest.h>

#include "score/timeline.h"
#include "small_engine.h"

namespace sage {
namespace {

const Tokenizer& tokenizer() {
  static const Tokenizer t = Tokenizer::create({}).value();
  return t;
}

TEST(CutPrompt, KeepsTheFirstBarsAsTheyWere) {
  const auto prompt = cut_prompt(test::small_song(), 1, tokenizer()).value();
  EXPECT_EQ(prompt.end, Tick{1920});
  EXPECT_EQ(prompt.score.ticks_per_quarter, 480);
  EXPECT_EQ(note_count(prompt.score), 9u);
  EXPECT_EQ(prompt.score.tracks[0].notes[3], test::small_song().tracks[0].notes[3]);
  EXPECT_EQ(prompt.piece.bars.size(), 1u);
  EXPECT_EQ(note_count(prompt.piece.score), 9u);
}

TEST(CutPrompt, RefinesAQuarterThatTheGridDoesNotDivide) {
  Score score = test::small_song();
  score.ticks_per_quarter = 1000;
  const auto prompt = cut_prompt(score, 1, tokenizer()).value();
  EXPECT_EQ(prompt.score.ticks_per_quarter % 12, 0);
  EXPECT_EQ(prompt.score.ticks_per_quarter, 3000);
  EXPECT_EQ(prompt.score.tracks[0].notes[1].onset, Tick{720});
}

TEST(CutPrompt, ExtendsBarsOverTrailingRests) {
  Score score = test::small_song();
  score.tracks[0].notes.erase(score.tracks[0].notes.begin() + 2, score.tracks[0].notes.end());
  score.tracks.resize(1);
  score.tracks[0].notes.push_back({{1920 * 9}, {100}, 60, 80});
  const auto prompt = cut_prompt(score, 5, tokenizer()).value();
  EXPECT_EQ(prompt.piece.bars.size(), 5u);
  EXPECT_EQ(note_count(prompt.score), 2u);
}

TEST(CutPrompt, RefusesSilence) {
  EXPECT_FALSE(cut_prompt(Score{}, 4, tokenizer()).has_value());
  Score late = test::small_song();
  for (Track& track : late.tracks)
    for (Note& note : track.notes) note.onset += Tick{1920 * 10};
  EXPECT_FALSE(cut_prompt(late, 4, tokenizer()).has_value());
  EXPECT_FALSE(cut_prompt(test::small_song(), 0, tokenizer()).has_value());
}

TEST(Join, NotesGoToTheTrackOfTheirProgramAndMetersOnlyWhereTheyChange) {
  const auto prompt = cut_prompt(test::small_song(), 2, tokenizer()).value();
  Score generated;
  generated.ticks_per_quarter = 12;
  generated.tracks.resize(2);
  generated.tracks[0].program = 32;
  generated.tracks[0].notes = {{{96}, {12}, 40, 80}};
  generated.tracks[1].is_drum = true;
  generated.tracks[1].notes = {{{99}, {1}, 42, 80}};
  generated.meters = {{{96}, {4, 4}}, {{144}, {3, 4}}};
  const Score out = join(prompt, generated);
  ASSERT_EQ(out.tracks.size(), 3u);
  EXPECT_EQ(out.tracks[1].notes.back(), (Note{{3840}, {480}, 40, 80}));
  EXPECT_TRUE(out.tracks[2].is_drum);
  EXPECT_EQ(out.tracks[2].notes.back().onset, Tick{3960});
  ASSERT_EQ(out.meters.size(), 2u);
  EXPECT_EQ(out.meters[1], (MeterChange{{5760}, {3, 4}}));
}

TEST(CutPrompt, EndsWhereTheBarEndsWhateverComesLater) {
  // The last onset lies in bar 2; a meter change and the rest of the prompt lie beyond it.
  Score score = test::small_song();
  score.meters = {{{0}, {4, 4}}, {{3840}, {3, 4}}};
  score.tracks[1].notes.back().duration = Tick{1920 + 3 * 1440};
  const auto prompt = cut_prompt(score, 4, tokenizer()).value();
  EXPECT_EQ(prompt.end, Tick{3840 + 2 * 1440});
  EXPECT_EQ(prompt.piece.bars.back().end(), Tick{96 + 72});
  EXPECT_EQ(prompt.listed, (Meter{3, 4}));
}

TEST(CutPrompt, ControlsComeToRestAtTheCut) {
  Score score = test::small_song();
  score.tracks[0].controls = {{{100}, 64, 127}, {{2000}, 64, 0}};
  score.tracks[0].bends = {{{120}, 4000}};
  const auto prompt = cut_prompt(score, 1, tokenizer()).value();
  EXPECT_EQ(prompt.score.tracks[0].controls.back(), (Control{{1920}, 64, 0}));
  EXPECT_EQ(prompt.score.tracks[0].bends.back(), (PitchBend{{1920}, 0}));
}

TEST(CutPrompt, ANoteThatRoundsBeyondTheCutBelongsToWhatFollows) {
  Score score = test::small_song();
  for (Track& track : score.tracks) track.notes.clear();
  score.tracks[0].notes = {{{0}, {480}, 60, 80}, {{1919}, {480}, 60, 80}};
  score.tracks[0].notes.push_back({{5000}, {480}, 60, 80});
  EXPECT_EQ(note_count(cut_prompt(score, 1, tokenizer()).value().score), 1u);
  score.tracks[0].notes.pop_back();  // now it is the last: nothing follows
  score.tracks[0].notes.back().duration = Tick{1};
  const auto whole = cut_prompt(score, 1, tokenizer()).value();
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(note_count(whole.piece.score), 2u);
}

TEST(CutPrompt, WhatStandsOnTheCutCountsForWhatFollows) {
  Score score = test::small_song();
  score.tempos = {{{0}, 500'000}, {{1000}, 900'000}, {{1920}, 400'000}};
  score.meters = {{{0}, {4, 4}}, {{1920}, {3, 4}}};
  const auto prompt = cut_prompt(score, 1, tokenizer()).value();
  EXPECT_EQ(prompt.score.tempos.back().us_per_quarter, 400'000u);
  EXPECT_EQ(prompt.meter, (Meter{3, 4}));
  EXPECT_FALSE(prompt.restate);
}

TEST(CutPrompt, SilentBarsBehindTheLastNoteCountUpToTheEnd) {
  const Score score = test::small_song();  // 2 bars
  EXPECT_EQ(cut_prompt(score, 99, tokenizer(), Tick{1920 * 4}).value().piece.bars.size(), 4u);
  EXPECT_EQ(cut_prompt(score, 99, tokenizer(), Tick{1920 * 4 + 7}).value().piece.bars.size(), 4u);
  EXPECT_EQ(cut_prompt(score, 99, tokenizer(), Tick{1}).value().piece.bars.size(), 2u);
}

TEST(Join, ABarCutShortGetsItsMeterSaidAgain) {
  Score score = test::small_song();
  score.meters = {{{0}, {4, 4}}, {{480}, {4, 4}}};
  const auto prompt = cut_prompt(score, 1, tokenizer()).value();
  EXPECT_EQ(prompt.end, Tick{480});
  const Score out = join(prompt, Score{});
  ASSERT_EQ(out.meters.size(), 2u);
  EXPECT_EQ(out.meters[1], (MeterChange{{480}, {4, 4}}));
}

TEST(Join, UnlistedMetersGoOnWhereListedBarsAddUp) {
  Score score = test::small_song();
  score.meters = {{{0}, {4, 1}}};
  const auto whole = cut_prompt(score, 1, tokenizer()).value();  // 4/1 is two bars of 8/4
  EXPECT_EQ(whole.listed, (Meter{8, 4}));
  EXPECT_EQ(whole.listed_bars, 2);
  EXPECT_EQ(whole.meter, whole.file_meter);
  EXPECT_EQ(join(whole, Score{}).meters.size(), 1u);
  score.meters = {{{0}, {13, 4}}};
  const auto odd = cut_prompt(score, 1, tokenizer()).value();  // 7/4 and 6/4: no even bars
  EXPECT_EQ(odd.listed, (Meter{7, 4}));
  EXPECT_EQ(odd.meter, (Meter{7, 4}));
  EXPECT_EQ(odd.file_meter, (Meter{13, 4}));
  EXPECT_EQ(join(odd, Score{}).meters.back(), (MeterChange{{13 * 480}, {7, 4}}));
}

// A note that begins under a ringing one of its pitch would steal its note-off.
TEST(Join, KeepsRingingNotesWhole) {
  Score score = test::small_song();
  score.tracks[1].notes[0].duration = Tick{4000};
  const auto prompt = cut_prompt(score, 1, tokenizer()).value();
  Score generated;
  generated.ticks_per_quarter = 12;
  generated.tracks.resize(1);
  generated.tracks[0].program = 32;
  generated.tracks[0].notes = {{{60}, {6}, 36, 80}, {{63}, {1}, 36, 80}};
  const Score out = join(prompt, generated);
  const auto& notes = out.tracks[1].notes;
  EXPECT_EQ(notes[0].duration, Tick{4000});
  for (std::size_t i = 1; i < notes.size(); ++i)
    EXPECT_GE(notes[i].onset + notes[i].duration, notes[i - 1].onset + notes[i - 1].duration);
}

}  // namespace
}  // namespace sage
