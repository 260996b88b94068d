// Several streams in one: each as a generator of its own would write it.
#include "generate/takes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "midi/writer.h"
#include "small_engine.h"

namespace sage {
namespace {

void expect_as_alone(const std::shared_ptr<const Engine>& engine, const Request& request, int count,
                     int threads) {
  auto takes = Takes::create(engine, request, count, threads);
  ASSERT_TRUE(takes) << takes.error().message;
  while (takes->advance()) {
  }
  ASSERT_EQ(takes->streams().size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Request one = request;
    one.seed += static_cast<std::uint64_t>(i);
    auto alone = Generator::create(engine, one).value();
    while (alone.next().type != ReadEvent::Type::kEnd) {
    }
    const Generator& take = takes->streams()[static_cast<std::size_t>(i)];
    const auto differ = std::ranges::mismatch(take.tokens(), alone.tokens()).in1;
    EXPECT_TRUE(std::ranges::equal(take.tokens(), alone.tokens()))
        << "take " << i << ", token " << differ - take.tokens().begin();
    EXPECT_EQ(write_midi(take.score()), write_midi(alone.score()));
  }
}

TEST(Takes, AreWhatGeneratorsWithTheirSeedsWrite) {
  const auto engine = test::small_engine();
  for (const int count : {1, 2, 7, 40})  // more than fit a pass, too
    expect_as_alone(engine, {.bars = 3, .max_notes = 40, .seed = 5}, count, count == 7 ? 3 : 1);
}

TEST(Takes, KnowEveryFlatScheme) {
  for (const char* scheme : {"remi+", "tsd", "midi-like"})
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
      const auto engine = test::small_engine({.scheme = scheme}, 160, seed);
      // Short pieces: in midi-like the last bar often wants to end while notes still sound.
      expect_as_alone(engine, {.bars = 1, .seed = 10 * seed}, 6, 1);
    }
}

TEST(Takes, GoOnBehindAPrompt) {
  const auto engine = test::small_engine();
  expect_as_alone(engine, {.prompt = test::small_song(), .prompt_bars = 2, .bars = 3, .seed = 9}, 4,
                  1);
}

TEST(Takes, ReadFullContextsAgain) {
  const auto engine = test::small_engine({}, 48);
  expect_as_alone(engine, {.bars = 10, .max_notes = 120, .programs = {0, 32}, .seed = 2}, 3, 1);
}

TEST(Takes, FavourWhoeverIsSilent) {
  Request request{.bars = 8, .presence = 3, .seed = 4};
  for (int program = 0; program < 40; ++program) request.programs.push_back(program);
  expect_as_alone(test::small_engine(), request, 3, 1);
}

TEST(Takes, RefuseWhatCannotBe) {
  const auto engine = test::small_engine();
  EXPECT_FALSE(Takes::create(engine, {}, 0));
  EXPECT_FALSE(Takes::create(engine, {}, 1'001));
  EXPECT_FALSE(Takes::create(engine, {.bars = 0}, 2));
}

}  // namespace
}  // namespace sage
