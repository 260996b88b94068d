#include "serve/band.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "generate/generator.h"
#include "generate/small_engine.h"
#include "score/loudness.h"
#include "score/timeline.h"

namespace sage::serve {
namespace {

using test::small_engine;
using test::small_song;

Score with_twins() {
  Score score = small_song();
  score.tracks.push_back(score.tracks[0]);  // a second piano
  for (Note& note : score.tracks[2].notes) note.pitch = static_cast<std::uint8_t>(note.pitch - 24);
  return score;
}

/// One track's second bar, to be written again.
Rewriting second_bar_of(Score piece, std::size_t track) {
  Rewriting wish;
  wish.piece = std::move(piece);
  wish.tracks = {track};
  wish.first_bar = 1;
  wish.bars = 1;
  wish.seed = 3;
  return wish;
}

TEST(Band, TellsEveryNoteThatItWrites) {
  Request request;
  request.bars = 3;
  request.programs = {0, 32};
  request.seed = 4;
  std::vector<Written> heard;
  const auto outcome =
      compose(small_engine(), request, {}, {.hear = [&](const Written& w) { heard.push_back(w); }});
  ASSERT_TRUE(outcome);
  const auto notes = std::count_if(heard.begin(), heard.end(),
                                   [](const Written& w) { return w.type == Written::Type::kNote; });
  EXPECT_EQ(static_cast<std::size_t>(notes), outcome->notes);
  EXPECT_GT(notes, 0);
}

TEST(Band, WritesWhatAGeneratorWrites) {
  Request request;
  request.prompt = small_song();
  request.bars = 2;
  request.seed = 9;
  const auto engine = small_engine();
  const auto outcome = compose(engine, request, {}, {});
  ASSERT_TRUE(outcome);
  auto generator = Generator::create(engine, request);
  while (generator->next().type != ReadEvent::Type::kEnd) {
  }
  EXPECT_EQ(outcome->score, generator->score());
}

TEST(Band, StopsWhenNobodyListens) {
  Request request;
  request.bars = 64;
  int asked = 0;
  const auto outcome = compose(small_engine(), request, {}, {.stop = [&] { return ++asked > 5; }});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(asked, 6);
}

TEST(Band, LeavesATrackOfTheSameProgramAlone) {
  const Rewriting wish = second_bar_of(with_twins(), 2);
  const auto outcome = rewrite(small_engine(), wish, {}, {});
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_EQ(outcome->score.tracks.size(), 3U);
  EXPECT_EQ(outcome->score.tracks[0], wish.piece.tracks[0]);
  EXPECT_EQ(outcome->score.tracks[1], wish.piece.tracks[1]);
  EXPECT_EQ(outcome->score.tracks[2].program, 0);
  EXPECT_NE(outcome->score.tracks[2].notes, wish.piece.tracks[2].notes);
  for (std::size_t i = 0; i < 8; ++i)  // the first bar
    EXPECT_EQ(outcome->score.tracks[2].notes[i], wish.piece.tracks[2].notes[i]);
}

TEST(Band, AddsAnInstrument) {
  Rewriting wish;
  wish.piece = small_song();
  wish.programs = {40};
  wish.seed = 1;
  std::size_t heard = 0;
  const auto outcome = rewrite(small_engine(), wish, {}, {.hear = [&](const Written& w) {
                                 EXPECT_FALSE(w.track);
                                 EXPECT_EQ(w.program, 40);
                                 ++heard;
                               }});
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_EQ(outcome->score.tracks.size(), 3U);
  EXPECT_EQ(outcome->score.tracks[2].program, 40);
  EXPECT_EQ(outcome->score.tracks[2].notes.size(), heard);
  EXPECT_EQ(outcome->score.tracks[0], wish.piece.tracks[0]);
}

TEST(Band, NamesATrackThatIsNotThere) {
  Rewriting wish;
  wish.piece = small_song();
  wish.tracks = {7};
  const auto outcome = rewrite(small_engine(), wish, {}, {});
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("no track 7"), std::string::npos);
}

/// Gives new notes a loudness by their pitch and the number of notes so far.
Performer counting_performer() {
  return {[](Score& score, const Score& kept, Tick from, std::uint64_t seed, Tick) -> Result<void> {
            const KeptNotes stay(kept);
            const auto all = static_cast<int>(note_count(score) - note_count(kept));
            for (Track& track : score.tracks)
              for (Note& note : track.notes)
                if (!stay.has(track, note)) {
                  EXPECT_GE(note.onset, from);
                  note.velocity = static_cast<std::uint8_t>(
                      1 + (note.pitch + all + static_cast<int>(seed)) % 100);
                }
            return {};
          },
          true};
}

TEST(Band, PlaysWhatItWrites) {
  Request request;
  request.prompt = small_song();
  request.bars = 6;
  request.seed = 9;
  std::vector<Written> told;
  const auto outcome =
      compose(small_engine(), request, counting_performer(), {.hear = [&](const Written& w) {
                if (w.type == Written::Type::kNote) told.push_back(w);
              }});
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_GT(told.size(), 8U);
  ASSERT_EQ(outcome->velocities.size(), told.size());
  const auto count = static_cast<int>(told.size());
  std::size_t as_told = 0;
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(outcome->velocities[i], 1 + (told[i].note.pitch + count + 9) % 100);
    EXPECT_NE(told[i].note.velocity, kDefaultVelocity);
    as_told += told[i].note.velocity == outcome->velocities[i] ? 1 : 0;
  }
  EXPECT_LT(as_told, told.size()) << "what was told knew less";
  // What was there keeps its loudness.
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& before = request.prompt->tracks[i].notes;
    const auto& after = outcome->score.tracks[i].notes;
    ASSERT_GE(after.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  }
}

TEST(Band, TellsNotesAsWrittenWhereThePerformerIsSlow) {
  Request request;
  request.bars = 3;
  request.programs = {0, 32};
  Performer slow = counting_performer();
  slow.is_quick = false;
  std::vector<Written> told;
  const auto outcome = compose(small_engine(), request, slow, {.hear = [&](const Written& w) {
                                 if (w.type == Written::Type::kNote) told.push_back(w);
                               }});
  ASSERT_TRUE(outcome);
  ASSERT_EQ(outcome->velocities.size(), told.size());
  for (const Written& w : told) EXPECT_EQ(w.note.velocity, kDefaultVelocity);
}

TEST(Band, PlaysWhatItWritesAgain) {
  const Rewriting wish = second_bar_of(small_song(), 0);
  std::vector<Written> told;
  const auto outcome = rewrite(small_engine(), wish, counting_performer(),
                               {.hear = [&](const Written& w) { told.push_back(w); }});
  ASSERT_TRUE(outcome) << outcome.error().message;
  ASSERT_FALSE(told.empty());
  for (const Written& w : told) {
    EXPECT_NE(w.note.velocity, kDefaultVelocity);
    const auto& notes = outcome->score.tracks[0].notes;
    EXPECT_NE(std::find(notes.begin(), notes.end(), w.note), notes.end());
  }
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(outcome->score.tracks[0].notes[i], wish.piece.tracks[0].notes[i]);
}

TEST(Band, GivesDrumsToTheKitThatPlaysThem) {
  Rewriting wish;
  wish.piece = small_song();
  for (const int pitch : {36, 42}) {
    Track& kit = wish.piece.tracks.emplace_back();
    kit.is_drum = true;
    for (int i = 0; i < 16; ++i)
      kit.notes.push_back({{240 * i}, {120}, static_cast<std::uint8_t>(pitch), 90});
  }
  wish.tracks = {2, 3};
  wish.seed = 5;
  const auto outcome = rewrite(small_engine(), wish, {}, {});
  ASSERT_TRUE(outcome) << outcome.error().message;
  const auto plays = [&](std::size_t track, int pitch) {
    const auto& notes = outcome->score.tracks[track].notes;
    return std::any_of(notes.begin(), notes.end(),
                       [&](const Note& note) { return note.pitch == pitch; });
  };
  EXPECT_FALSE(plays(2, 42));
  EXPECT_FALSE(plays(3, 36));
  EXPECT_GT(outcome->notes, 0U);
}

}  // namespace
}  // namespace sage::serve
