// Models that write several fields a step: whatever the output and the scheme, music under the
// grammar, and a likelihood that is a probability.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "generate/delayed_steps.h"
#include "generate/generator.h"
#include "generate/likelihood.h"
#include "small_engine.h"

namespace sage {
namespace {

struct Member {
  std::string output;
  TokenizerConfig tokenizer;
  friend void PrintTo(const Member& m, std::ostream* out) {
    *out << m.output << ", " << describe(m.tokenizer);
  }
};

std::vector<Member> all_members() {
  std::vector<Member> members;
  for (const OutputFamily* output : output_registry())
    for (const char* scheme : {"mmt", "cp"})
      for (const bool velocity : {false, true})
        if (output->spec().compound)
          members.push_back(
              {std::string(output->name()), {.scheme = scheme, .velocity = velocity}});
  return members;
}

class Compound : public testing::TestWithParam<Member> {
 protected:
  std::shared_ptr<const Engine> engine(int context = 160) const {
    return test::small_engine(GetParam().tokenizer, context, 1, GetParam().output);
  }
};

int finish(Generator& generator) {
  int bars = 0;
  for (ReadEvent event = generator.next(); event.type != ReadEvent::Type::kEnd;
       event = generator.next())
    bars += event.type == ReadEvent::Type::kBar;
  return bars;
}

TEST_P(Compound, WritesTheBarsAskedForAndWhatItWritesDecodes) {
  const auto engine = this->engine();
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Request request = {.bars = 3, .seed = seed};
    request.sampler.temperature = seed % 3 == 0 ? 3 : 1;
    if (seed % 2 == 1) {
      request.prompt = test::small_song();
      request.prompt_bars = 1;
    }
    if (seed % 4 == 2) request.programs = {0, 40, kDrumProgram};
    auto generator = Generator::create(engine, request).value();
    EXPECT_EQ(finish(generator) + (request.prompt ? 1 : 0), 3);
    const auto decoded = engine->tokenizer().decode(generator.tokens());
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(note_count(*decoded), generator.notes() + (request.prompt ? 9 : 0));
  }
}

TEST_P(Compound, OutgrowsItsContextTheSameWithTwoThreads) {
  const auto engine = this->engine(24);
  Request request = {.bars = 80, .programs = {0, 40}, .meter = Meter{3, 4}, .seed = 7};
  request.sampler.temperature = 3;
  auto one = Generator::create(engine, request).value();
  auto two = Generator::create(engine, request, {.threads = 2}).value();
  EXPECT_EQ(finish(one), 80);
  EXPECT_EQ(finish(two), 80);
  EXPECT_TRUE(std::equal(one.tokens().begin(), one.tokens().end(), two.tokens().begin(),
                         two.tokens().end()));
  EXPECT_GT(one.tokens().size(), 24u * 3 * static_cast<std::size_t>(engine->tokenizer().stride()));
  EXPECT_TRUE(engine->tokenizer().decode(one.tokens()));
  const Score score = one.score();
  for (const Track& track : score.tracks)
    EXPECT_TRUE(track.program_or_drum() == 0 || track.program_or_drum() == 40);
}

TEST_P(Compound, StopsAtTheLimitOfNotes) {
  auto generator = Generator::create(engine(), {.bars = 5000, .max_notes = 17, .seed = 3}).value();
  finish(generator);
  EXPECT_EQ(generator.notes(), 17u);
}

// Bars of one position fill up to the last pitch, where a note begun may have no place any more.
TEST_P(Compound, EndsWhereNothingMoreFits) {
  TokenizerConfig config = GetParam().tokenizer;
  config.grid = 4;
  const auto engine = test::small_engine(config, 160, 1, GetParam().output);
  std::size_t dropped = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Request request = {.bars = 1000, .programs = {kDrumProgram}, .seed = seed};
    request.meter = Meter{1, 16};
    request.sampler.temperature = 100;
    auto generator = Generator::create(engine, request).value();
    EXPECT_EQ(finish(generator), 1000);
    EXPECT_TRUE(engine->tokenizer().decode(generator.tokens()));
    dropped += generator.dropped_notes();
  }
  // In one drum of one position, the next note is begun before the last one has its pitch.
  EXPECT_EQ(dropped > 0, GetParam().output == "delay") << dropped;
}

TEST_P(Compound, LikelihoodIsThatOfTheFieldsOneByOne) {
  const auto engine = this->engine();
  const Tokenizer& tokenizer = engine->tokenizer();
  const auto ids = tokenizer.encode(test::small_song()).value();
  Workspace workspace(engine->model().config());
  const Likelihood scored = likelihood(*engine, ids, workspace).value();
  EXPECT_EQ(scored.notes, 18u);
  const auto fields = static_cast<std::size_t>(tokenizer.stride());
  EXPECT_EQ(scored.tokens, ids.size() - fields);
  EXPECT_LT(scored.nats_legal, scored.nats);

  // By decoding, with the arrangement written out once more.
  const OutputSpec output = engine->model().output();
  const std::size_t steps = ids.size() / fields, delay = output.shifted ? 1 : 0;
  KvCache cache(engine->model().config());
  std::vector<float> logits(static_cast<std::size_t>(tokenizer.size()));
  const RowRange everything = {0, tokenizer.size()};
  double nats = 0;
  for (std::size_t row = 0; row + 1 < steps + delay * (fields - 1); ++row) {
    const auto at = [&](std::size_t r, std::size_t s) {
      const std::size_t step = r - std::min(r, delay * s);
      return r < delay * s || step >= steps ? kPadId : ids[step * fields + s];
    };
    std::vector<TokenId> read, chosen;
    for (std::size_t s = 0; s < fields; ++s) read.push_back(at(row, s));
    engine->model().forward(read, cache, workspace);
    for (std::size_t s = 0; s < fields; ++s) {
      const TokenId target = at(row + 1, s);
      engine->model().field_logits(workspace, static_cast<int>(s), chosen, {&everything, 1},
                                   logits);
      chosen.push_back(target);
      // The fields of BOS's step, which is given.
      if (target == kPadId || row + 1 == delay * s) continue;
      double sum = 0;
      for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
      nats += std::log(sum) - logits[static_cast<std::size_t>(target)];
    }
  }
  EXPECT_NEAR(scored.nats, nats, 1e-5 * nats);
}

TEST_P(Compound, LongPiecesAreScoredToTheirEnd) {
  const auto engine = this->engine(40);
  Score score;
  score.tracks.resize(2);
  score.tracks[1].program = 32;
  for (int i = 0; i < 300; ++i)
    for (Track& track : score.tracks)
      track.notes.push_back({{240 * i}, {240}, static_cast<std::uint8_t>(40 + i % 50), 80});
  const auto ids = engine->tokenizer().encode(score).value();
  Workspace workspace(engine->model().config());
  const Likelihood scored = likelihood(*engine, ids, workspace).value();
  EXPECT_EQ(scored.tokens, ids.size() - static_cast<std::size_t>(engine->tokenizer().stride()));
  EXPECT_EQ(scored.notes, 600u);
  EXPECT_TRUE(std::isfinite(scored.nats_legal));
  EXPECT_FALSE(likelihood(*engine, std::span(ids).first(ids.size() - 1), workspace));
  auto broken = ids;
  broken[broken.size() - 1] = 1;
  EXPECT_FALSE(likelihood(*engine, broken, workspace));
}

INSTANTIATE_TEST_SUITE_P(Members, Compound, testing::ValuesIn(all_members()), [](const auto& test) {
  return test.param.output + "_" + test.param.tokenizer.scheme +
         (test.param.tokenizer.velocity ? "_velocity" : "");
});

TEST(CompoundEngine, RefusesATokenizerOfOtherSteps) {
  ModelConfig config = shape_config("tiny").value();
  config.output = "nested";
  auto mmt = Tokenizer::create({.scheme = "mmt"}).value();
  describe_vocabulary(mmt, config);
  EXPECT_EQ(config.fields, mmt.stride());
  config.fields = 3;
  const auto engine =
      Engine::create(std::move(mmt), Weights::random(config, WeightType::kF32, 1).value());
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().message.find("3 fields"), std::string::npos) << engine.error().message;
}

// What was begun on an assumption that did not hold leaves no trace in the reader.
TEST(DelayedSteps, DropsAStepThatTurnsOutUnsayable) {
  const auto tokenizer = Tokenizer::create({.scheme = "mmt", .grid = 4}).value();
  const Vocabulary& v = tokenizer.vocabulary();
  const auto reader = tokenizer.reader();
  std::vector<TokenId> head;
  for (const TokenId id : {v.id(Kind::kBos), v.id(Kind::kStart), v.id(Kind::kBar),
                           v.id(Kind::kTimeSignature, *v.meter_index({1, 16})), v.id(Kind::kTempo)})
    tokenizer.put_structure(id, head);
  for (const TokenId id : head) ASSERT_NE(reader->push(id).type, ReadEvent::Type::kIllegal);
  DelayedSteps delayed(*reader, tokenizer.stride());
  delayed.start(head);
  // The only position's drums: the first note takes the last pitch, after the second was begun.
  const TokenId top = v.id(Kind::kDrum, 127), drums = v.id(Kind::kProgram, kDrumProgram);
  std::size_t accepted = 0;
  for (int row = 0; row < 12; ++row) {
    const auto choose = [&](int, const TokenMask& mask, const EventReader&) {
      return mask.allows(top) ? top : mask.allows(drums) ? drums : mask.ranges().front().begin;
    };
    const auto step = delayed.write_row(*reader, row < 3, choose);
    for (const TokenId id : step) ASSERT_NE(reader->push(id).type, ReadEvent::Type::kIllegal);
    accepted += !step.empty();
  }
  std::vector<TokenId> rows(delayed.steps().size()), row(6);
  shift_fields<TokenId>(delayed.steps(), row.size(), rows);
  for (std::size_t r = 0; r < delayed.rows(); ++r) {
    delayed.copy_row(r, row);
    EXPECT_TRUE(
        std::equal(row.begin(), row.end(), rows.begin() + static_cast<std::ptrdiff_t>(6 * r)));
  }
  EXPECT_TRUE(delayed.idle());
  EXPECT_EQ(accepted + delayed.dropped(), 3u);
  EXPECT_GT(delayed.dropped(), 0u);
}

}  // namespace
}  // namespace sage
