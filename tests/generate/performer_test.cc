#include "generate/performer.h"

#include <gtest/gtest.h>

#include <set>

#include "score/timeline.h"
#include "small_engine.h"

namespace sage {
namespace {

std::shared_ptr<const Engine> small_performer(int context = 160) {
  TokenizerConfig config;
  config.velocity = true;
  return test::small_engine(config, context);
}

std::vector<int> velocities(const Score& score) {
  std::vector<int> all;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) all.push_back(note.velocity);
  return all;
}

Score with_velocities_of(Score score, const Score& other) {
  for (std::size_t t = 0; t < score.tracks.size(); ++t)
    for (std::size_t i = 0; i < score.tracks[t].notes.size(); ++i)
      score.tracks[t].notes[i].velocity = other.tracks[t].notes[i].velocity;
  return score;
}

TEST(Performer, GivesVelocitiesAndChangesNothingElse) {
  const Score before = test::small_song();
  Score after = before;
  const auto given = perform(small_performer(), after, {}, {.seed = 1});
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(*given, note_count(before));
  EXPECT_NE(velocities(after), velocities(before));
  EXPECT_EQ(with_velocities_of(after, before), before);
}

TEST(Performer, TheSeedDecides) {
  Score one = test::small_song(), two = one, other = one;
  ASSERT_TRUE(perform(small_performer(), one, {}, {.seed = 1}));
  ASSERT_TRUE(perform(small_performer(), two, {}, {.seed = 1}));
  ASSERT_TRUE(perform(small_performer(), other, {}, {.seed = 2}));
  EXPECT_EQ(one, two);
  EXPECT_NE(one, other);
}

// The likeliest velocity of every note is that of the model's logits after all that stands before.
TEST(Performer, TakesWhatTheModelSays) {
  const auto engine = small_performer(512);
  Score score = test::small_song();
  const PerformerOptions likeliest = {.sampler = {.temperature = 0}};
  ASSERT_TRUE(perform(engine, score, {}, likeliest));
  const Tokenizer& tokenizer = engine->tokenizer();
  const auto ids = tokenizer.write(tokenizer.quantise(score).value());
  const IdRange range = tokenizer.vocabulary().range(Kind::kVelocity);
  KvCache cache(engine->model().config());
  Workspace workspace(engine->model().config());
  std::vector<float> logits(static_cast<std::size_t>(tokenizer.size()));
  int checked = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= range.begin && ids[i] < range.end) {
      const auto from = logits.begin() + range.begin, to = logits.begin() + range.end;
      EXPECT_EQ(ids[i] - range.begin, std::max_element(from, to) - from) << "token " << i;
      ++checked;
    }
    engine->model().forward(std::span(ids).subspan(i, 1), cache, workspace);
    engine->model().logits(workspace, logits);
  }
  EXPECT_EQ(checked, 18);
}

TEST(Performer, KeptNotesKeepTheirsAndAreHeard) {
  const auto engine = small_performer(512);
  Score kept = test::small_song();
  Track bass = kept.tracks[1];
  kept.tracks.pop_back();  // the piano alone
  const auto performed = [&](int loudness) {
    for (Note& note : kept.tracks[0].notes) note.velocity = static_cast<std::uint8_t>(loudness);
    Score whole = kept;
    whole.tracks.push_back(bass);
    const auto given = perform(engine, whole, KeptNotes(kept), {.sampler = {.temperature = 0}});
    EXPECT_EQ(given.value(), bass.notes.size());
    EXPECT_EQ(whole.tracks[0], kept.tracks[0]);
    return velocities(whole).back();
  };
  std::set<int> answers;
  for (const int loudness : {10, 40, 70, 100, 125}) answers.insert(performed(loudness));
  EXPECT_GT(answers.size(), 1u) << "the new part does not depend on the kept one";
}

TEST(Performer, LongPiecesArePerformedToTheirEnd) {
  const auto engine = small_performer(96);
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 300; ++i)
    score.tracks[0].notes.push_back({{240 * i}, {240}, static_cast<std::uint8_t>(40 + i % 50), 1});
  const auto given = perform(engine, score, {}, {.seed = 1});
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(*given, 300u);
  for (const int velocity : velocities(score)) EXPECT_GT(velocity, 1);
}

TEST(Performer, RefusesAModelWithoutVelocities) {
  Score score = test::small_song();
  EXPECT_FALSE(perform(test::small_engine(), score, {}, {}));
  EXPECT_EQ(score, test::small_song());
}

}  // namespace
}  // namespace sage
