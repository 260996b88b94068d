#include "generate/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "generate/likelihood.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/timeline.h"
#include "small_engine.h"
#include "tokens/merges.h"

namespace sage {
namespace {

Generator start(const std::shared_ptr<const Engine>& engine, const Request& request,
                int threads = 1) {
  return Generator::create(engine, request, {.threads = threads}).value();
}

/// Pulls everything; returns the number of bars begun.
int run_to_end(Generator& generator) {
  int bars = 0;
  for (ReadEvent event = generator.next(); event.type != ReadEvent::Type::kEnd;
       event = generator.next())
    if (event.type == ReadEvent::Type::kBar) ++bars;
  EXPECT_EQ(generator.next().type, ReadEvent::Type::kEnd);
  return bars;
}

std::set<int> programs_of(const Score& score) {
  std::set<int> programs;
  for (const Track& track : score.tracks) programs.insert(track.program_or_drum());
  return programs;
}

TEST(Generator, WritesTheBarsAskedFor) {
  const auto engine = test::small_engine();
  for (const int bars : {1, 3, 8}) {
    Generator generator = start(engine, {.bars = bars, .seed = 3});
    EXPECT_EQ(run_to_end(generator), bars);
    EXPECT_TRUE(engine->tokenizer().decode(generator.tokens()).has_value());
  }
}

TEST(Generator, TheSameSeedGivesTheSameTokensWithOneThreadOrTwo) {
  const auto engine = test::small_engine();
  Generator a = start(engine, {.bars = 6, .seed = 11});
  Generator b = start(engine, {.bars = 6, .seed = 11}, 2);
  Generator c = start(engine, {.bars = 6, .seed = 12});
  run_to_end(a), run_to_end(b), run_to_end(c);
  const auto tokens = [](const Generator& g) {
    return std::vector<TokenId>(g.tokens().begin(), g.tokens().end());
  };
  EXPECT_EQ(tokens(a), tokens(b));
  EXPECT_NE(tokens(a), tokens(c));
}

TEST(Generator, KeepsToEnsembleMeterAndTempo) {
  for (const Layout layout : {Layout::kFull, Layout::kCompact}) {
    const auto engine = test::small_engine({.layout = layout});
    const std::vector<int> programs = {kDrumProgram, 0, 40};
    Generator generator = start(
        engine, {.bars = 12, .programs = programs, .meter = Meter{3, 4}, .bpm = 90, .seed = 4});
    run_to_end(generator);
    const Score score = generator.score();
    for (const int program : programs_of(score))
      EXPECT_TRUE(program == 0 || program == 40 || program == kDrumProgram);
    ASSERT_EQ(score.meters.size(), 1u);
    EXPECT_EQ(score.meters[0].meter, (Meter{3, 4}));
    ASSERT_EQ(score.tempos.size(), 1u);
    EXPECT_NEAR(60e6 / score.tempos[0].us_per_quarter, 90,
                1e-3);  // exact, whatever the token's bin
  }
}

TEST(Generator, WhoeverWasAskedForPlays) {
  const auto engine = test::small_engine();
  Request request{.bars = 16, .seed = 4};
  for (int program = 0; program < 40; ++program) request.programs.push_back(program);
  const auto playing = [&](double presence) {
    request.presence = presence;
    Generator generator = start(engine, request);
    run_to_end(generator);
    return programs_of(generator.score()).size();
  };
  EXPECT_LT(playing(0), 40U);  // or this shows nothing
  EXPECT_EQ(playing(3), 40U);
}

TEST(Generator, StopsByNotesAndBySeconds) {
  const auto engine = test::small_engine();
  Generator by_notes = start(engine, {.bars = 50, .max_notes = 17, .seed = 1});
  run_to_end(by_notes);
  EXPECT_EQ(by_notes.notes(), 17u);
  Request request = {.bars = 50, .max_seconds = 5, .bpm = 60, .seed = 1};
  request.meter = Meter{4, 4};
  Generator by_seconds = start(engine, request);
  run_to_end(by_seconds);
  const Score score = by_seconds.score();
  const TempoMap map(score);
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) EXPECT_LT(map.seconds_at(note.onset), 5.0);
}

TEST(Generator, ContinuesAPromptBarForBar) {
  const auto engine = test::small_engine();
  const Score song = test::small_song();
  Request request = {.prompt = song, .prompt_bars = 2, .bars = 4, .seed = 9};
  Generator generator = start(engine, request);
  EXPECT_EQ(run_to_end(generator), 3);  // the first new bar is begun already
  const Score out = generator.score();
  EXPECT_GT(note_count(out), note_count(song));
  for (std::size_t t = 0; t < song.tracks.size(); ++t) {
    std::vector<Note> kept;
    for (const Note& note : out.tracks[t].notes)
      if (note.onset < Tick{3840}) kept.push_back(note);
    EXPECT_EQ(kept, song.tracks[t].notes);
  }
  EXPECT_EQ(out.meters, song.meters);
  EXPECT_EQ(out.tempos, song.tempos);
  EXPECT_EQ(programs_of(out), (std::set<int>{0, 32}));
  // And the file that it becomes reads back as the same score.
  EXPECT_EQ(note_count(read_midi(write_midi(out))->score), note_count(out));
}

TEST(Generator, ChangesTheTempoOfAPromptWhenAsked) {
  const auto engine = test::small_engine();
  for (const double bpm : {100.0, 101.0, 180.0}) {  // the song's own, one in the same bin, another
    Request request = {.prompt = test::small_song(), .prompt_bars = 1, .bars = 2, .seed = 2};
    request.bpm = bpm;
    Generator generator = start(engine, request);
    run_to_end(generator);
    EXPECT_NEAR(60e6 / TempoMap(generator.score()).tempo_at({1920}), bpm, 1e-3);
  }
}

TEST(Generator, SurvivesAContextShorterThanItsHeader) {
  const auto engine = test::small_engine({}, 16);
  std::vector<int> everyone;
  for (int program = 0; program < kProgramCount; ++program) everyone.push_back(program);
  Request request = {.bars = 3, .max_notes = 40, .programs = everyone, .seed = 2};
  Generator generator = start(engine, request);
  run_to_end(generator);
  Workspace workspace(engine->model().config());
  EXPECT_TRUE(likelihood(*engine, generator.tokens(), workspace).has_value());
}

// Long pieces outgrow the context many times over; every one of them must still decode.
TEST(Generator, OutgrowsItsContext) {
  const auto engine = test::small_engine({}, 96);
  Generator generator = start(engine, {.bars = 40, .seed = 21});
  EXPECT_EQ(run_to_end(generator), 40);
  EXPECT_GT(generator.tokens().size(), 960u);
  EXPECT_TRUE(engine->tokenizer().decode(generator.tokens()).has_value());
}

/// Every scheme, without merges and with some.
std::vector<TokenizerConfig> all_configs() {
  std::vector<TokenizerConfig> configs;
  for (const Tokenization* scheme : tokenization_registry()) {
    const auto base = Tokenizer::create({.scheme = std::string(scheme->name())}).value();
    configs.push_back(base.config());
    for (const Boundary boundary : {Boundary::kNone, Boundary::kNote})
      configs.push_back(test::with_merges(base, boundary).config());
  }
  return configs;
}

// Whatever the tokenizer, a piece has the bars asked for, and what sounds at its end is ended.
TEST(Generator, WritesWithEveryTokenizer) {
  for (const TokenizerConfig& config : all_configs()) {
    const auto engine = test::small_engine(config);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      Request request = {.bars = 3, .seed = seed};
      request.sampler.temperature = 2;
      if (seed % 2 == 1) {
        request.prompt = test::small_song();
        request.prompt_bars = 1;
      }
      Generator generator = start(engine, request);
      const int bars = run_to_end(generator) + (request.prompt ? 1 : 0);
      EXPECT_EQ(bars, 3) << describe(config);
      const auto ids = generator.tokens();
      EXPECT_EQ(engine->tokenizer().vocabulary().id(Kind::kEos),
                *std::find_if(ids.rbegin(), ids.rend(), [](TokenId id) { return id != 0; }));
      const auto decoded = engine->tokenizer().decode(ids);
      ASSERT_TRUE(decoded.has_value()) << describe(config) << ": " << decoded.error().message;
      const std::size_t from_prompt = request.prompt ? 9 : 0;  // 8 quavers and a bass note
      EXPECT_EQ(note_count(*decoded), generator.notes() + from_prompt) << describe(config);
    }
  }
}

TEST(Generator, MergedTokensKeepToTheRequest) {
  for (const TokenizerConfig& config : all_configs()) {
    const auto engine = test::small_engine(config);
    const std::vector<int> programs = {0, 40, kDrumProgram};
    Request request = {.bars = 4, .programs = programs, .meter = Meter{3, 4}, .bpm = 90.0};
    request.seed = 5;
    Generator generator = start(engine, request);
    run_to_end(generator);
    const Score score = generator.score();
    for (const int program : programs_of(score))
      EXPECT_TRUE(std::find(programs.begin(), programs.end(), program) != programs.end());
    ASSERT_EQ(score.meters.size(), 1U) << describe(config);
    EXPECT_EQ(score.meters[0].meter, (Meter{3, 4}));
    ASSERT_EQ(score.tempos.size(), 1U) << describe(config);
    EXPECT_EQ(score.tempos[0].us_per_quarter, 666'667U);

    Generator again = start(engine, request, 2);
    run_to_end(again);
    EXPECT_TRUE(std::equal(again.tokens().begin(), again.tokens().end(), generator.tokens().begin(),
                           generator.tokens().end()));
  }
}

// A limit on notes holds to the note, though a merged token may write several.
TEST(Generator, TheLimitOnNotesHoldsWithMerges) {
  for (const TokenizerConfig& config : all_configs()) {
    const auto engine = test::small_engine(config);
    Generator generator = start(engine, {.bars = 50, .max_notes = 7, .seed = 2});
    run_to_end(generator);
    EXPECT_LE(generator.notes(), 7U) << describe(config);
  }
}

// At high temperature an untrained model says anything that the grammar allows.
TEST(Generator, WildSamplesDecode) {
  for (const Layout layout : {Layout::kFull, Layout::kCompact}) {
    for (const bool velocity : {false, true}) {
      const auto engine = test::small_engine({.layout = layout, .velocity = velocity});
      for (std::uint64_t seed = 0; seed < 30; ++seed) {
        Request request = {.bars = 4, .max_notes = 200, .seed = seed};
        request.allow_meter_changes = request.allow_tempo_changes = true;
        request.sampler.temperature = 5;
        Generator generator = start(engine, request);
        run_to_end(generator);
        ASSERT_TRUE(engine->tokenizer().decode(generator.tokens()).has_value());
      }
    }
  }
}

TEST(Generator, RefusesRequestsWithoutMeaning) {
  const auto engine = test::small_engine();
  EXPECT_FALSE(Generator::create(engine, {.bars = 0}).has_value());
  EXPECT_FALSE(Generator::create(engine, {.programs = {129}}).has_value());
  EXPECT_FALSE(Generator::create(engine, {.meter = Meter{7, 64}}).has_value());
  EXPECT_FALSE(Generator::create(engine, {.bpm = 0.0}).has_value());
  EXPECT_FALSE(Generator::create(engine, {.presence = -1.0}).has_value());
  EXPECT_FALSE(Generator::create(engine, {.prompt = Score{}}).has_value());
}

}  // namespace
}  // namespace sage
