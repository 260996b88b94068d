#include "eval/scoring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "eval/parallel.h"
#include "eval/summary.h"
#include "folders.h"
#include "metrics/metric.h"
#include "midi/reader.h"

namespace sage {
namespace {

using test::system_at;
using test::TemporaryFolder;
using test::write_songs;

class Scoring : public testing::Test {
 protected:
  void SetUp() override {
    write_songs(root_ / "references", 6);
    write_songs(root_ / "same", 6);
    task_.references = list_folder(root_ / "references")->pieces;
    task_.scope = {2, 4};
  }

  Scores score() { return score_systems(task_, test::go_on).value(); }

  TemporaryFolder root_;
  ScoringTask task_;
};

TEST_F(Scoring, EqualPiecesScoreAHundred) {
  task_.systems = {system_at(root_ / "same", "same")};
  const Scores scores = score();
  EXPECT_EQ(scores.pieces, (std::vector<std::string>{"a", "b", "c", "d", "e", "f"}));
  for (const SystemScores* system : {&scores.reference, &scores.systems[0]})
    for (const PieceScore& piece : system->pieces) {
      EXPECT_EQ(piece.status, Status::kScored);
      EXPECT_EQ(piece.similarity.nmsi(), 100.0);
      EXPECT_EQ(piece.metrics.size(), all_metrics().size());
    }
  EXPECT_EQ(scores.systems[0].data_hash, scores.data_hash);
  // The calibrations are other music.
  for (const SystemScores& row : scores.calibrations)
    for (const PieceScore& piece : row.pieces) {
      EXPECT_LT(piece.similarity.nmsi(), 100.0);
      EXPECT_GT(piece.similarity.nmsi(), 0.0);
    }
}

TEST_F(Scoring, WhatIsMissingOrBrokenScoresNothingAndCounts) {
  std::filesystem::remove(root_ / "same/a.mid");
  ASSERT_TRUE(write_text(root_ / "same/b.mid", "not MIDI"));
  ASSERT_TRUE(write_midi_file({}, root_ / "same/c.mid"));
  ASSERT_TRUE(write_midi_file(test::random_song(99), root_ / "same/other.mid"));
  task_.systems = {system_at(root_ / "same", "same")};
  const Scores scores = score();
  const auto& pieces = scores.systems[0].pieces;
  ASSERT_EQ(pieces.size(), 6u);
  EXPECT_EQ(pieces[0].status, Status::kMissing);
  EXPECT_EQ(pieces[1].status, Status::kUnreadable);
  EXPECT_EQ(pieces[2].status, Status::kSilent);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(pieces[i].similarity.nmsi(), 0.0);
    EXPECT_FALSE(pieces[i].why.empty());
    EXPECT_TRUE(pieces[i].metrics.empty());
  }
  EXPECT_EQ(pieces[3].similarity.nmsi(), 100.0);
  ASSERT_EQ(scores.systems[0].skipped.size(), 1u);
  EXPECT_EQ(scores.systems[0].skipped[0].name, "other");
}

TEST_F(Scoring, AReferenceThatCannotBeComparedCountsForNobody) {
  ASSERT_TRUE(write_text(root_ / "references/b.mid", "not MIDI"));
  task_.systems = {system_at(root_ / "same", "same")};
  const Scores scores = score();
  EXPECT_EQ(scores.pieces.size(), 5u);
  EXPECT_EQ(scores.systems[0].pieces.size(), 5u);
  ASSERT_EQ(scores.skipped_references.size(), 1u);
  EXPECT_EQ(scores.skipped_references[0].name, "b");
  ASSERT_EQ(scores.systems[0].skipped.size(), 1u);
  EXPECT_EQ(scores.systems[0].skipped[0].name, "b");
}

TEST_F(Scoring, OnlyTheBarsOfTheScopeCount) {
  // The prompt and the bars after the scope may be anything.
  write_songs(root_ / "changed", 6, [](Score& score, int) {
    for (Track& track : score.tracks)
      std::erase_if(track.notes, [](const Note& note) {
        return note.onset < Tick{1920 * 2} || note.onset >= Tick{1920 * 6};
      });
  });
  task_.systems = {system_at(root_ / "changed", "changed")};
  const Scores scores = score();
  ASSERT_EQ(scores.systems[0].pieces.size(), 6u);
  for (const PieceScore& piece : scores.systems[0].pieces)
    EXPECT_EQ(piece.similarity.nmsi(), 100.0);
}

TEST_F(Scoring, ThreadsChangeNothing) {
  task_.systems = {system_at(root_ / "same", "same")};
  const Scores one = score();
  task_.threads = 4;
  const Scores four = score();
  for (std::size_t row = 0; row < one.calibrations.size(); ++row)
    for (std::size_t i = 0; i < one.pieces.size(); ++i)
      EXPECT_EQ(one.calibrations[row].pieces[i].similarity.nmsi(),
                four.calibrations[row].pieces[i].similarity.nmsi());
}

TEST_F(Scoring, WithoutPairsEveryOutputCounts) {
  write_songs(root_ / "free", 3);
  std::filesystem::rename(root_ / "free/a.mid", root_ / "free/zzz.mid");
  task_.paired = false;
  task_.scope = {0, 4};
  task_.systems = {system_at(root_ / "free", "free")};
  const Scores scores = score();
  ASSERT_EQ(scores.systems[0].pieces.size(), 3u);
  EXPECT_EQ(scores.systems[0].pieces[2].name, "zzz");
  EXPECT_TRUE(scores.calibrations.empty());
}

TEST_F(Scoring, NothingToCompareIsAnError) {
  task_.references.clear();
  EXPECT_FALSE(score_systems(task_, test::go_on));
  task_.references = {{"x", root_ / "nowhere.mid"}};
  const auto scores = score_systems(task_, test::go_on);
  ASSERT_FALSE(scores);
  EXPECT_NE(scores.error().message.find("x: "), std::string::npos);
}

TEST_F(Scoring, OfHolesOnlyWhatWasInThemCounts) {
  for (const HoleTask holes : {HoleTask::kInfill, HoleTask::kAccompany}) {
    task_.plan = make_plan(task_.references, holes, 3, 1, 1, test::go_on).value();
    // The notes around the hole are removed or moved.
    for (const PieceFile& file : task_.references) {
      const Score score = read_midi_file(file.path)->score;
      const Piece piece = load_piece(file).value();
      const PieceHole& hole = task_.plan->holes.at(file.name).hole;
      Score only = score;
      const Tick from{piece.bars[hole.first_bar].start.count * 40};
      const Tick to{piece.bars[hole.first_bar + hole.bars - 1].end().count * 40};
      for (Track& track : only.tracks)
        std::erase_if(track.notes, [&](const Note& note) {
          return note.onset < from || note.onset >= to ||
                 std::find(hole.programs.begin(), hole.programs.end(), track.program_or_drum()) ==
                     hole.programs.end();
        });
      ASSERT_TRUE(write_midi_file(only, root_ / ("only/" + file.name + ".mid")));
    }
    task_.systems = {system_at(root_ / "same", "same"), system_at(root_ / "only", "only")};
    const Scores scores = score();
    ASSERT_EQ(scores.pieces.size(), 6u);
    EXPECT_EQ(scores.kinds.size(), 6u);
    EXPECT_EQ(scores.plan_hash, hash_of(*task_.plan));
    for (std::size_t i = 0; i < 6; ++i) {
      const PieceScore &same = scores.systems[0].pieces[i], &inside = scores.systems[1].pieces[i];
      EXPECT_EQ(same.similarity.nmsi(), 100.0);
      EXPECT_EQ(inside.similarity.nmsi(), 100.0);
      EXPECT_EQ(same.rest->violations(), 0u);
      EXPECT_EQ(inside.rest->lost, inside.rest->notes);
      EXPECT_GT(inside.rest->lost, 0u);
    }
    EXPECT_EQ(scores.calibrations.size(), holes == HoleTask::kInfill ? 2u : 3u);
    for (const SystemScores& row : scores.calibrations)
      for (const PieceScore& piece : row.pieces) EXPECT_LT(piece.similarity.nmsi(), 100.0);
  }
}

TEST_F(Scoring, TakesHaveAnEnergyScore) {
  write_songs(root_ / "same/take-2", 6);
  for (int take = 2; take <= 3; ++take)  // other music, and some of it missing
    write_songs(root_ / "wild" / take_folder(static_cast<std::size_t>(take)), 5,
                [&](Score& score, int i) {
                  score = test::random_song(static_cast<std::uint64_t>(100 * take + i));
                });
  write_songs(root_ / "wild", 6, [](Score& score, int i) {
    score = test::random_song(static_cast<std::uint64_t>(50 + i));
  });
  task_.systems = {system_at(root_ / "same", "same"), system_at(root_ / "wild", "wild")};
  for (SystemFiles& system : task_.systems) system.takes = split_takes(system.files);
  EXPECT_EQ(task_.systems[0].takes.size(), 1u);
  EXPECT_EQ(task_.systems[1].takes.size(), 2u);
  EXPECT_EQ(task_.systems[1].takes[1][0].name, "a");
  const Scores scores = score();
  EXPECT_TRUE(scores.systems[0].skipped.empty());  // takes are no strangers
  for (const PieceScore& piece : scores.systems[0].pieces) EXPECT_EQ(piece.energy->score, 0);
  for (const PieceScore& piece : scores.systems[1].pieces) {
    EXPECT_GT(piece.energy->score, 0);
    EXPECT_GT(piece.energy->between, 0);
    EXPECT_LE(piece.energy->to_reference, 100);
  }
  for (std::size_t row = 0; row < 3; ++row)
    for (const PieceScore& piece : scores.calibrations[row].pieces) {
      ASSERT_TRUE(piece.energy) << scores.calibrations[row].name;
      EXPECT_EQ(piece.energy->between == 0, scores.calibrations[row].name == "prompt repeated");
    }
  const Summary summary = summarise(scores, {.resamples = 100});
  for (const SystemSummary& s : summary.systems)
    EXPECT_EQ(s.energy->score.mean == 0, s.name == "same");
}

TEST_F(Scoring, ContinuationsStandBesideTheirPrompt) {
  write_songs(root_ / "copy", 6, [](Score& score, int) {  // the prompt's two bars again
    for (Track& track : score.tracks) {
      std::erase_if(track.notes, [](const Note& n) { return n.onset >= Tick{1920 * 2}; });
      for (std::size_t i = track.notes.size(); i-- > 0;)
        for (int k = 1; k < 4; ++k) {
          Note again = track.notes[i];
          again.onset += Tick{3840 * k};
          track.notes.push_back(again);
        }
    }
    normalise(score);
  });
  task_.systems = {system_at(root_ / "copy", "copy")};
  const Scores scores = score();
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_GT(*scores.systems[0].pieces[i].prompt_likeness, 0.9);
    EXPECT_LT(*scores.reference.pieces[i].prompt_likeness, 0.9);
    EXPECT_EQ(scores.reference.pieces[i].prompt_change.size(), all_metrics().size());
  }
  const Summary summary = summarise(scores, {.resamples = 100});
  EXPECT_GT(summary.systems[0].form.prompt_likeness->mean,
            summary.reference.form.prompt_likeness->mean);
  EXPECT_GT(summary.systems[0].detection->accuracy.mean, 0.8);
  EXPECT_EQ(summary.systems[0].detection->works, 6u);
}

TEST_F(Scoring, OfHolesItIsKnownHowTheyFitTheKeptParts) {
  for (const HoleTask holes : {HoleTask::kInfill, HoleTask::kAccompany}) {
    task_.plan = make_plan(task_.references, holes, 3, 1, 1, test::go_on).value();
    write_songs(root_ / "thin", 6, [](Score& score, int) {
      for (Track& track : score.tracks)
        for (std::size_t i = track.notes.size(); i-- > 0;)
          if (i % 2 == 1) track.notes.erase(track.notes.begin() + static_cast<std::ptrdiff_t>(i));
    });
    task_.systems = {system_at(root_ / "same", "same"), system_at(root_ / "thin", "thin")};
    const Scores scores = score();
    for (std::size_t i = 0; i < 6; ++i) {
      const Listening &composer = *scores.reference.pieces[i].listening,
                      &copy = *scores.systems[0].pieces[i].listening,
                      &thin = *scores.systems[1].pieces[i].listening;
      EXPECT_EQ(copy.clash.clashing, composer.clash.clashing);
      EXPECT_EQ(copy.clash.rotated, composer.clash.rotated);
      EXPECT_EQ(copy.matches.pitch_share(), 1);
      EXPECT_LT(thin.matches.written, thin.matches.expected);
      EXPECT_LT(thin.matches.pitch_share(), 1);
    }
    const Summary summary = summarise(scores, {.resamples = 100});
    EXPECT_EQ(summary.reference.listening->density.mean, 1);
    EXPECT_EQ(summary.reference.listening->matches.mean, 1);
    for (const SystemSummary& s : summary.systems)
      EXPECT_EQ(s.listening->density.mean < 1, s.name == "thin");
  }
  task_.plan.reset();
  EXPECT_FALSE(score().reference.pieces[0].listening);
}

TEST_F(Scoring, HolesThatNobodyAnsweredScoreNothing) {
  task_.plan = make_plan(task_.references, HoleTask::kInfill, 3, 1, 1, test::go_on).value();
  std::filesystem::remove(root_ / "same/a.mid");
  ASSERT_TRUE(write_text(root_ / "same/b.mid", "not MIDI"));
  ASSERT_TRUE(write_midi_file(test::random_song(9), root_ / "references/c.mid"));  // not as planned
  task_.systems = {system_at(root_ / "same", "same")};
  const Scores scores = score();
  EXPECT_EQ(scores.pieces, (std::vector<std::string>{"a", "b", "d", "e", "f"}));
  ASSERT_EQ(scores.skipped_references.size(), 1u);
  EXPECT_EQ(scores.skipped_references[0].name, "c");
  const auto& pieces = scores.systems[0].pieces;
  EXPECT_EQ(pieces[0].status, Status::kMissing);
  EXPECT_EQ(pieces[1].status, Status::kUnreadable);
  EXPECT_FALSE(pieces[0].rest);
  EXPECT_EQ(pieces[2].similarity.nmsi(), 100.0);
}

std::vector<double> rate(const SystemScores& system, std::string_view name) {
  const auto all = all_metrics();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; });
  std::vector<double> values;
  for (const PieceScore& piece : system.pieces)
    if (!piece.metrics.empty())
      values.push_back(piece.metrics[static_cast<std::size_t>(at - all.begin())]);
  return values;
}

TEST_F(Scoring, InstrumentsOfThePromptAreAskedFor) {
  write_songs(root_ / "few", 6, [](Score& score, int i) {
    if (i == 0)  // the bass stops after the prompt
      std::erase_if(score.tracks[1].notes, [](const Note& n) { return n.onset >= Tick{1920 * 2}; });
  });
  task_.systems = {system_at(root_ / "few", "few")};
  const Scores scores = score();
  EXPECT_EQ(rate(scores.systems[0], "silent_instrument"), (std::vector<double>{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(rate(scores.reference, "silent_instrument"), (std::vector<double>{0, 0, 0, 0, 0, 0}));
}

TEST_F(Scoring, WithoutPairsInstrumentsMayBeAskedForByName) {
  write_songs(root_ / "few", 2, [](Score& score, int i) {
    if (i == 0) score.tracks.erase(score.tracks.begin() + 1);
  });
  ASSERT_TRUE(write_midi_file(test::random_song(50), root_ / "few/nobody.mid"));
  task_.paired = false;
  task_.instruments_asked = true;
  task_.systems = {system_at(root_ / "few", "few")};
  const auto silent = rate(score().systems[0], "silent_instrument");
  ASSERT_EQ(silent.size(), 3u);
  EXPECT_EQ(silent[0], 1);
  EXPECT_EQ(silent[1], 0);
  EXPECT_TRUE(std::isnan(silent[2]));
}

TEST(ForEachPiece, DoesEachOnce) {
  std::vector<std::atomic<int>> calls(100);
  EXPECT_TRUE(for_each_piece(
      calls.size(), 3, [&](std::size_t i) { ++calls[i]; }, test::go_on));
  for (const auto& count : calls) EXPECT_EQ(count.load(), 1);
}

TEST(ForEachPiece, StopsWhenAskedTo) {
  std::atomic<int> calls = 0;
  const auto body = [&](std::size_t) {
    ++calls;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  EXPECT_FALSE(for_each_piece(100'000, 2, body, [](std::size_t, std::size_t) { return false; }));
  EXPECT_LT(calls.load(), 100'000);
}

}  // namespace
}  // namespace sage
