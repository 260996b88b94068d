#include "eval/scoring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "eval/parallel.h"
#include "folders.h"
#include "metrics/metric.h"

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
  // The prompt and what lies behind the scope may be anything.
  write_songs(root_ / "changed", 6, [](Score& score, int) {
    for (Track& track : score.tracks)
      std::erase_if(track.notes, [](const Note& note) {
        return note.onset < Tick{1920 * 2} || note.onset >= Tick{1920 * 6};
      });
  });
  task_.systems = {system_at(root_ / "changed", "changed")};
  for (const PieceScore& piece : score().systems[0].pieces)
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

TEST(RepeatedPrompt, FillsTheBars) {
  const Piece whole = on_grid(test::random_song(3, 8)).value();
  const Piece repeated = repeated_prompt(whole, 3, 7);
  ASSERT_EQ(repeated.bars.size(), 7u);
  const Piece again = bars_between(repeated, 3, 3), first = bars_between(whole, 0, 3);
  for (std::size_t i = 0; i < first.score.tracks.size(); ++i)
    EXPECT_EQ(again.score.tracks[i].notes, first.score.tracks[i].notes);
  EXPECT_LE(end_of(repeated.score), repeated.end());
}

}  // namespace
}  // namespace sage
