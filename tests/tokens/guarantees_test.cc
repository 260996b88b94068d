// The guarantees of the representation, over random scores and over real files, for every tokenizer
// that the registry can build.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "midi/reader.h"
#include "random_music.h"
#include "support.h"
#include "tokens/configs.h"
#include "tokens/score_builder.h"

namespace sage {
namespace {

/// Guarantee 1: decode(encode(s)) = quantise(s), and quantising again changes nothing.
void expect_exact(const Tokenizer& tokenizer, const Score& score, const std::string& what) {
  const auto piece = tokenizer.quantise(score);
  ASSERT_TRUE(piece.has_value()) << what << ": " << piece.error().message;
  for (const bool header : {true, false}) {
    const auto ids = tokenizer.encode(score, {.header = header, .holes = {}});
    ASSERT_TRUE(ids.has_value()) << what;
    const auto decoded = tokenizer.decode(*ids);
    ASSERT_TRUE(decoded.has_value()) << what << ": " << decoded.error().message;
    EXPECT_EQ(*decoded, piece->score) << what;
  }
  const auto again = tokenizer.quantise(piece->score);
  ASSERT_TRUE(again.has_value()) << what;
  EXPECT_EQ(again->score, piece->score) << what;
  EXPECT_EQ(again->bars, piece->bars) << what;
}

/// Guarantee 2: every note has a likeness within half a step, its length within max(half a
/// step, 12.5 %) or, below half a step, one step; above the longest length, that.
void expect_near(const Tokenizer& tokenizer, const Score& score, const std::string& what) {
  const auto piece = tokenizer.quantise(score).value();
  // A scheme may pair onsets and ends differently. Only those notes are excused, and only their
  // lengths.
  const auto plain = quantise(score, tokenizer.vocabulary()).value();
  const double scale = double(tokenizer.config().grid) / score.ticks_per_quarter;
  const double longest = tokenizer.vocabulary().durations().back();
  std::map<std::pair<int, int>, std::vector<Note>> likenesses;  // by program and pitch
  ASSERT_EQ(piece.score.tracks.size(), plain.score.tracks.size()) << what;
  for (std::size_t t = 0; t < piece.score.tracks.size(); ++t) {
    const Track& track = piece.score.tracks[t];
    ASSERT_EQ(track.notes.size(), plain.score.tracks[t].notes.size()) << what;
    for (std::size_t n = 0; n < track.notes.size(); ++n) {
      Note note = plain.score.tracks[t].notes[n];
      const bool overlaps = note.duration != track.notes[n].duration;
      note.duration = track.notes[n].duration;
      ASSERT_EQ(note, track.notes[n]) << what;
      if (overlaps) note.duration = Tick{INT64_MAX};  // long enough for any counterpart
      likenesses[{track.program_or_drum(), note.pitch}].push_back(note);
    }
  }
  for (const Track& track : score.tracks) {
    for (const Note& note : track.notes) {
      const double onset = double(note.onset.count) * scale;
      const double length = double(note.duration.count) * scale;
      const auto& candidates = likenesses[{track.program_or_drum(), note.pitch}];
      const auto first =
          std::lower_bound(candidates.begin(), candidates.end(), onset - 0.5 - 1e-9,
                           [](const Note& n, double x) { return double(n.onset.count) < x; });
      bool found = false;
      for (auto it = first; it != candidates.end() && double(it->onset.count) <= onset + 0.5 + 1e-9;
           ++it) {
        // A unison that was merged is as long as the longest of its notes, hence no upper bound
        // there.
        const double lowest = std::min(length - std::max(0.5, 0.125 * length), longest);
        found = found || double(it->duration.count) >= lowest - 1e-9;
      }
      ASSERT_TRUE(found) << what << ": no likeness of pitch " << int(note.pitch) << " at step "
                         << onset;
    }
  }
}

RC_GTEST_PROP(Guarantee, DecodingAnEncodedScoreGivesTheQuantisedScore, ()) {
  static const auto tokenizers = test::all_tokenizers();
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : tokenizers) {
    expect_exact(tokenizer, score, "random score");
    expect_near(tokenizer, score, "random score");
  }
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(Guarantee, TransposingTransposesExactlyThePitchTokens, ()) {
  static const auto tokenizers = test::all_tokenizers();
  Score score = *test::any_score();
  for (Track& track : score.tracks)
    for (Note& note : track.notes) note.pitch = static_cast<std::uint8_t>(12 + note.pitch % 100);
  const int semitones = *rc::gen::inRange(-12, 13);
  Score moved = score;
  transpose(moved, semitones);
  for (const Tokenizer& tokenizer : tokenizers) {
    auto expected = tokenizer.encode(score).value();
    for (TokenId& id : expected) id = tokenizer.vocabulary().transposed(id, semitones);
    RC_ASSERT(tokenizer.encode(moved).value() == expected);
  }
}

// A hole moves notes to the end of the token string and nowhere in the score.
RC_GTEST_PROP(Guarantee, HolesKeepTheScore, ()) {
  static const auto tokenizers = test::default_grid_tokenizers();
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : tokenizers) {
    const auto piece = tokenizer.quantise(score).value();
    EncodeOptions options;
    for (int bar = 0; bar < static_cast<int>(piece.bars.size()); ++bar)
      for (const Track& track : piece.score.tracks)
        if (*rc::gen::inRange(0, 6) == 0) options.holes.push_back({bar, track.program_or_drum()});
    const auto ids = tokenizer.encode(score, options).value();
    const auto decoded = tokenizer.decode(ids);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == piece.score);
  }
}

// Guarantee 5: a clone taken anywhere reports the same notes as the reader that reads all.
RC_GTEST_PROP(Guarantee, ReadingOneTokenAtATimeIsBatchDecoding, ()) {
  static const auto tokenizers = test::default_grid_tokenizers();
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : tokenizers) {
    const auto ids = tokenizer.encode(score).value();
    const auto split =
        static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(ids.size())));
    ScoreBuilder builder(tokenizer.config().grid);
    auto reader = tokenizer.reader();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i == split) reader = reader->clone();
      builder.add(reader->push(ids[i]));
    }
    RC_ASSERT(builder.build() == tokenizer.decode(ids).value());
  }
}

class RealMusic : public testing::TestWithParam<const char*> {};

TEST_P(RealMusic, KeepsTheGuarantees) {
  const auto folder = test::data_directory(GetParam());
  if (!folder)
    GTEST_SKIP() << "no music data: set SAGE_DATA to the folder that holds " << GetParam();
  const auto files = test::midi_files(*folder);
  // About a hundred files of each set; `eval roundtrip` takes every one.
  const std::size_t stride = std::max<std::size_t>(1, files.size() / 100);
  for (std::size_t i = 0; i < files.size(); i += stride) {
    const auto read = read_midi_file(files[i]);
    if (!read) continue;
    for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
      const auto piece = tokenizer.quantise(read->score);
      if (!piece) {
        EXPECT_EQ(piece.error().code, ErrorCode::kLimit) << files[i];
        continue;
      }
      expect_exact(tokenizer, read->score, files[i].filename().string());
      expect_near(tokenizer, read->score, files[i].filename().string());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Data, RealMusic,
                         testing::Values("odd", "test_multitrack", "test_piano", "valid_clean",
                                         "train_copyleft", "train_clean", "train_research"),
                         [](const auto& set) { return std::string(set.param); });

}  // namespace
}  // namespace sage
