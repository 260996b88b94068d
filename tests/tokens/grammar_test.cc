// The grammar mask: whatever is sampled under it decodes, and it is exactly what push() accepts.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "support.h"
#include "tokens/configs.h"
#include "tokens/score_builder.h"

namespace sage {
namespace {

enum class Values { kAll, kEdges };

/// Samples a piece under the mask: a random range first, so that rare kinds come up often, then a
/// random token of it, or its first or last one: so the same few pitches come again and again, and
/// limits are met. After `length` tokens it takes the way out as soon as there is one.
std::vector<TokenId> sample(const Tokenizer& tokenizer, Random& random, int length, Values values) {
  const auto reader = tokenizer.reader();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  TokenMask mask;
  for (;;) {
    reader->allowed(mask);
    if (mask.empty()) return ids;
    const auto ranges = mask.ranges();
    const IdRange range = ranges[random.below(static_cast<std::uint32_t>(ranges.size()))];
    const auto count = static_cast<std::uint32_t>(range.end - range.begin);
    TokenId id =
        range.begin + static_cast<TokenId>(values == Values::kAll ? random.below(count)
                                                                  : random.below(2) * (count - 1));
    // A long shift would lead beyond the bar, where some schemes have no legal token.
    if (vocabulary.event(id).kind == Kind::kTimeShift)
      id = std::min(id, range.begin + static_cast<TokenId>(random.below(6)));
    const bool closing = static_cast<int>(ids.size()) >= length;
    const auto ends = [&](TokenId candidate) {
      const Kind kind = vocabulary.event(candidate).kind;
      return kind == Kind::kEos || kind == Kind::kFill || kind == Kind::kEndFill;
    };
    if (closing) {
      // Where notes still sound, a shift beyond the bar leads to the end.
      const IdRange shifts = vocabulary.range(Kind::kTimeShift);
      for (TokenId shift = shifts.begin; shift < shifts.end; ++shift)
        if (mask.allows(shift)) id = shift;
      for (const Kind kind : {Kind::kEos, Kind::kEndFill, Kind::kFill})
        if (mask.allows(vocabulary.id(kind))) id = vocabulary.id(kind);
    } else if (ends(id) && mask.count() > 1) {
      // The ids of continuing tokens are above those of ending tokens.
      while (id + 1 < vocabulary.size() && (ends(id) || !mask.allows(id))) ++id;
    }
    const ReadEvent event = reader->push(id);
    EXPECT_NE(event.type, ReadEvent::Type::kIllegal);
    ids.push_back(id);
  }
}

std::vector<Hole> random_holes(const Quantised& piece, Random& random) {
  std::vector<Hole> holes;
  for (int bar = 0; bar < static_cast<int>(piece.bars.size()); ++bar)
    for (const Track& track : piece.score.tracks)
      if (random.below(4) == 0) holes.push_back({bar, track.program_or_drum()});
  return holes;
}

// Ten thousand pieces in all. Sampling each range and each token of it alike is what a model does
// in the limit of high temperature, only worse.
TEST(Grammar, WhateverIsSampledUnderTheMaskDecodesToAValidScore) {
  Random random(1);
  const auto tokenizers = test::default_grid_tokenizers();
  const int pieces = 10'000 / static_cast<int>(tokenizers.size()) + 1;
  for (const Tokenizer& tokenizer : tokenizers) {
    for (int piece = 0; piece < pieces; ++piece) {
      const auto ids = sample(tokenizer, random, 400 * tokenizer.stride(),
                              piece % 2 == 0 ? Values::kAll : Values::kEdges);
      const auto score = tokenizer.decode(ids);
      ASSERT_TRUE(score.has_value()) << score.error().message;
      const auto stride = static_cast<std::size_t>(tokenizer.stride());
      ASSERT_EQ(ids.size() % stride, 0u);
      ASSERT_EQ(tokenizer.vocabulary().event(ids[ids.size() - stride]).kind, Kind::kEos);
      // Canonical already: quantising moves no note.
      const auto quantised = tokenizer.quantise(*score).value();
      ASSERT_EQ(quantised.score.tracks, score->tracks);
      // And sayable once more, around other holes.
      const auto again = tokenizer.encode(*score, {.holes = random_holes(quantised, random)});
      ASSERT_EQ(tokenizer.decode(*again)->tracks, score->tracks);
    }
  }
}

/// From a place between notes to one of `ends`, without what is `barred`.
void expect_silent_end(const EventReader& from, std::array<TokenId, 2> ends,
                       std::array<IdRange, 2> barred, Random& random) {
  const auto reader = from.clone();
  reader->restrict_programs({});
  const Tick silent_from = reader->now();
  TokenMask mask;
  for (int step = 0; step < 2000; ++step) {
    reader->allowed(mask);
    if (mask.allows(ends[0]) || mask.allows(ends[1])) return;
    for (const IdRange range : barred) mask.remove(range);
    ASSERT_FALSE(mask.empty());
    const auto ranges = mask.ranges();
    const ReadEvent event =
        reader->push(ranges[random.below(static_cast<std::uint32_t>(ranges.size()))].begin);
    ASSERT_NE(event.type, ReadEvent::Type::kIllegal);
    if (event.type == ReadEvent::Type::kNote) {
      ASSERT_LE(event.onset, silent_from);
    }
  }
  ADD_FAILURE() << "no end in sight";
}

// To close a stream one forbids all that would begin, and another bar. What sounds may still end.
TEST(Grammar, SilenceCanAlwaysBeWrittenToTheEnd) {
  Random random(3);
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    const TokenId eos = vocabulary.id(Kind::kEos), fill = vocabulary.id(Kind::kFill);
    const IdRange bar = vocabulary.range(Kind::kBar), hole = vocabulary.range(Kind::kHole);
    const auto reader = tokenizer.reader(), branch = tokenizer.reader();
    TokenMask mask;
    for (int piece = 0; piece < 50; ++piece) {
      branch->copy_from(*reader);
      for (const TokenId id : sample(tokenizer, random, 200, Values::kEdges)) {
        if (id == fill) break;
        branch->push(id);
        branch->allowed(mask);
        if (mask.allows(bar.begin)) expect_silent_end(*branch, {eos, fill}, {bar, hole}, random);
      }
    }
  }
}

/// The reader, asked for every id, accepts what its mask allows.
void expect_exact_mask(const Tokenizer& tokenizer, const EventReader& reader, EventReader& branch) {
  TokenMask mask;
  reader.allowed(mask);
  for (TokenId candidate = -1; candidate <= tokenizer.vocabulary().size(); ++candidate) {
    branch.copy_from(reader);
    const bool accepted = branch.push(candidate).type != ReadEvent::Type::kIllegal;
    ASSERT_EQ(accepted, mask.allows(candidate)) << tokenizer.vocabulary().describe(candidate);
  }
}

TEST(Grammar, TheMaskIsExactlyWhatTheReaderAccepts) {
  Random random(2);
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const auto ids = sample(tokenizer, random, 200, Values::kAll);
    const auto reader = tokenizer.reader(), branch = tokenizer.reader();
    for (const TokenId id : ids) {
      expect_exact_mask(tokenizer, *reader, *branch);
      reader->push(id);
    }
  }
}

// Every second program may play, and every second pitch of the last one sounds.
TEST(Grammar, TheMaskHoldsTheWorstState) {
  const auto tokenizer = Tokenizer::create({.scheme = "midi-like"}).value();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const auto reader = tokenizer.reader(), branch = tokenizer.reader();
  const auto read = [&](Kind kind, int value = 0) {
    ASSERT_NE(reader->push(vocabulary.id(kind, value)).type, ReadEvent::Type::kIllegal);
  };
  for (const Kind kind : {Kind::kBos, Kind::kStart, Kind::kBar, Kind::kTimeSignature, Kind::kTempo})
    read(kind);
  ProgramSet every_second;
  for (std::size_t program = 0; program < kProgramCount; program += 2) every_second.set(program);
  reader->restrict_programs(every_second);
  read(Kind::kProgram, 64);
  for (int pitch = 0; pitch < 128; pitch += 2) read(Kind::kPitch, pitch);
  read(Kind::kTimeShift);
  read(Kind::kProgram, 64);
  read(Kind::kNoteOff, 0);
  expect_exact_mask(tokenizer, *reader, *branch);
  TokenMask mask;
  reader->allowed(mask);
  EXPECT_GT(mask.ranges().size(), 128u);
  EXPECT_LT(mask.ranges().size(), TokenMask::kCapacity);
}

TEST(Grammar, AnIllegalTokenIsNamedAndLeavesTheReaderAsItWas) {
  const auto tokenizer = Tokenizer::create({}).value();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const std::vector<TokenId> ids = {vocabulary.id(Kind::kBos), vocabulary.id(Kind::kPitch, 60)};
  const auto score = tokenizer.decode(ids);
  ASSERT_FALSE(score.has_value());
  EXPECT_NE(score.error().message.find("token 1 (Pitch C4)"), std::string::npos);
  const auto reader = tokenizer.reader();
  EXPECT_EQ(reader->push(ids[1]).type, ReadEvent::Type::kIllegal);
  EXPECT_EQ(reader->push(ids[0]).type, ReadEvent::Type::kNothing);
}

TEST(Grammar, AnEmptyPieceIsBosStartEos) {
  for (const Tokenizer& tokenizer : test::default_grid_tokenizers()) {
    const auto ids = tokenizer.encode(Score{}).value();
    EXPECT_EQ(ids.size(), 3u * static_cast<std::size_t>(tokenizer.stride()));
    EXPECT_TRUE(tokenizer.decode(ids)->tracks.empty());
  }
}

TEST(Grammar, CompactIsShorterThanFull) {
  Score score;
  score.tracks.resize(1);
  for (int i = 0; i < 16; ++i)
    for (int chord = 0; chord < 3; ++chord)
      score.tracks[0].notes.push_back({{480 * i}, {480}, std::uint8_t(60 + 4 * chord), 80});
  const auto full = Tokenizer::create({.layout = Layout::kFull})->encode(score).value();
  const auto compact = Tokenizer::create({.layout = Layout::kCompact})->encode(score).value();
  EXPECT_LT(compact.size() * 4, full.size() * 3);
}

}  // namespace
}  // namespace sage
