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
  score.tracks[0].notes.resize(2);
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

}  // namespace
}  // namespace sage
