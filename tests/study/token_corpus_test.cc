#include "study/token_corpus.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "folder_of_music.h"

namespace sage {
namespace {

using test::FolderOfMusic;

TEST(Classify, ByProgramsAndByTheGrid) {
  Score score = test::piano_score(1);
  EXPECT_EQ(classify(score), MusicKind::kPianoScore);
  EXPECT_EQ(classify(test::piano_performance(1)), MusicKind::kPianoPerformance);
  score.tracks[0].program = 7;  // a clavinet is of the family too
  EXPECT_EQ(classify(score), MusicKind::kPianoScore);
  score.tracks[0].program = 40;
  EXPECT_EQ(classify(score), MusicKind::kOther);
  score.tracks[0].is_drum = true;
  EXPECT_EQ(classify(score), MusicKind::kOther);
  EXPECT_EQ(classify(test::band_score(1)), MusicKind::kMultitrack);
  EXPECT_EQ(classify(Score{}), MusicKind::kOther);
}

// An instrument that never plays does not count.
TEST(Classify, LooksAtNotesOnly) {
  Score score = test::piano_score(1);
  score.tracks.emplace_back().program = 33;
  EXPECT_EQ(classify(score), MusicKind::kPianoScore);
}

TEST(Corpus, SortsFilesAndCountsWhatItLeavesOut) {
  const FolderOfMusic folder;
  ASSERT_TRUE(write_text(folder.path() / "broken.mid", "not MIDI").has_value());
  const auto files = folder.files();
  const auto tokenizer = Tokenizer::create({}).value();
  const auto corpora = read_corpora(files, tokenizer, {}).value();
  for (const MusicKind kind :
       {MusicKind::kPianoScore, MusicKind::kPianoPerformance, MusicKind::kMultitrack})
    EXPECT_EQ(corpora.of(kind).pieces.size(), FolderOfMusic::kPieces) << music_kind_name(kind);
  EXPECT_EQ(corpora.dropped.at("unreadable"), 1U);
  EXPECT_EQ(corpora.sha256.size(), 64U);

  const TokenCorpus& band = corpora.of(MusicKind::kMultitrack);
  std::uint64_t notes = 0;
  double quarters = 0;
  for (const CorpusPiece& piece : band.pieces) {
    const auto ids = band.of(piece);
    EXPECT_EQ(ids.front(), tokenizer.vocabulary().id(Kind::kBos));
    EXPECT_EQ(ids.back(), tokenizer.vocabulary().id(Kind::kEos));
    notes += piece.note_count;
    quarters += piece.quarters;
  }
  EXPECT_EQ(notes, band.notes);
  EXPECT_EQ(quarters, band.quarters);
  EXPECT_EQ(band.pieces.front().quarters, 32.0);  // eight bars of 4/4

  const TokenCorpus all = joined(corpora);
  EXPECT_EQ(all.pieces.size(), 3 * FolderOfMusic::kPieces);
  EXPECT_EQ(all.of(all.pieces.back()).back(), tokenizer.vocabulary().id(Kind::kEos));
}

TEST(Corpus, IsTheSameWithOneThreadOrThree) {
  const FolderOfMusic folder;
  const auto tokenizer = Tokenizer::create({}).value();
  const auto one = read_corpora(folder.files(), tokenizer, {}).value();
  const auto three = read_corpora(folder.files(), tokenizer, {.threads = 3}).value();
  EXPECT_EQ(one.sha256, three.sha256);
  for (std::size_t k = 0; k < one.kinds.size(); ++k)
    EXPECT_EQ(one.kinds[k].tokens, three.kinds[k].tokens);
}

TEST(Corpus, ALimitTakesWholePiecesFromEverywhere) {
  const FolderOfMusic folder;
  const auto tokenizer = Tokenizer::create({}).value();
  const auto all = read_corpora(folder.files(), tokenizer, {}).value();
  const std::uint64_t limit = all.of(MusicKind::kMultitrack).notes / 2;
  const auto half = read_corpora(folder.files(), tokenizer, {.max_notes = limit}).value();
  EXPECT_LE(half.of(MusicKind::kMultitrack).notes, limit);
  EXPECT_GE(half.of(MusicKind::kMultitrack).pieces.size(), FolderOfMusic::kPieces / 2 - 1);
  EXPECT_LE(half.of(MusicKind::kPianoScore).notes, limit);
}

TEST(Corpus, CanBeStopped) {
  const FolderOfMusic folder;
  const std::atomic<bool> stop{true};
  const auto tokenizer = Tokenizer::create({}).value();
  const auto stopped = read_corpora(folder.files(), tokenizer, {.stop = &stop});
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
}

}  // namespace
}  // namespace sage
