#include "serve/band.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "generate/generator.h"
#include "generate/small_engine.h"

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

TEST(Band, TellsEveryNoteThatItWrites) {
  Request request;
  request.bars = 3;
  request.programs = {0, 32};
  request.seed = 4;
  std::vector<Written> heard;
  const auto outcome =
      compose(small_engine(), request, {.hear = [&](const Written& w) { heard.push_back(w); }});
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
  const auto outcome = compose(engine, request, {});
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
  const auto outcome = compose(small_engine(), request, {.stop = [&] { return ++asked > 5; }});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(asked, 6);
}

TEST(Band, LeavesATrackOfTheSameProgramAlone) {
  Rewriting wish;
  wish.piece = with_twins();
  wish.tracks = {2};
  wish.first_bar = 1;
  wish.bars = 1;
  wish.seed = 3;
  const auto outcome = rewrite(small_engine(), wish, {});
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
  const auto outcome = rewrite(small_engine(), wish, {.hear = [&](const Written& w) {
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
  const auto outcome = rewrite(small_engine(), wish, {});
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("no track 7"), std::string::npos);
}

}  // namespace
}  // namespace sage::serve
