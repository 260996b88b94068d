#include "generate/infill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "small_engine.h"

namespace sage {
namespace {

using test::small_engine;
using test::small_song;

/// The song `times` times over.
Score long_song(int times) {
  Score score = small_song();
  for (Track& track : score.tracks) {
    const auto once = track.notes;
    for (int i = 1; i < times; ++i)
      for (Note note : once) {
        note.onset = note.onset + Tick{3840} * i;
        track.notes.push_back(note);
      }
  }
  return score;
}

/// Onsets, lengths and pitches of a program, in beats of the score.
std::vector<std::array<double, 3>> notes_of(const Score& score, int program) {
  std::vector<std::array<double, 3>> notes;
  const double quarter = score.ticks_per_quarter;
  for (const Track& track : score.tracks)
    if (track.program_or_drum() == program)
      for (const Note& note : track.notes)
        notes.push_back({static_cast<double>(note.onset.count) / quarter,
                         static_cast<double>(note.duration.count) / quarter,
                         static_cast<double>(note.pitch)});
  return notes;
}

std::vector<std::array<double, 3>> between(std::vector<std::array<double, 3>> notes, double from,
                                           double to) {
  std::erase_if(notes, [&](const auto& note) { return note[0] < from || note[0] >= to; });
  return notes;
}

/// Every tokenizer at its defaults, and the header's order where a scheme has it.
std::vector<TokenizerConfig> infill_configs() {
  std::vector<TokenizerConfig> configs;
  for (const Tokenization* scheme : tokenization_registry())
    for (const ProgramOrder order : {ProgramOrder::kNumber, ProgramOrder::kHeader})
      for (const Layout layout : {Layout::kFull, Layout::kCompact})
        if (order == ProgramOrder::kNumber || scheme->can_order_by_header())
          configs.push_back({std::string(scheme->name()), layout, false, 12, order});
  return configs;
}

constexpr InfillWay kWays[] = {InfillWay::kInPlace, InfillWay::kFill};

TEST(InfillTest, OnlyWhatWasAskedForChanges) {
  const Score song = long_song(4);  // 8 bars
  std::size_t notes = 0;
  for (const TokenizerConfig& config : infill_configs())
    for (const InfillWay way : kWays) {
      SCOPED_TRACE(describe(config));
      InfillRequest request;
      request.way = way;
      request.takes = 2;
      request.piece = song;
      request.programs = {0};
      request.first_bar = 2;
      request.bars = 3;
      const auto engine = small_engine(config, 500);
      const auto done = infill(engine, request);
      ASSERT_TRUE(done) << to_string(done.error());
      EXPECT_TRUE(notes_of(done->score, 32) == notes_of(song, 32));
      const auto before = notes_of(song, 0), after = notes_of(done->score, 0);
      EXPECT_TRUE(between(after, 0, 8) == between(before, 0, 8));
      EXPECT_TRUE(between(after, 20, 99) == between(before, 20, 99));
      EXPECT_EQ(between(after, 8, 20).size(), done->notes);
      if (way == InfillWay::kInPlace) notes += done->notes;
    }
  EXPECT_GT(notes, 0u);
}

// A new instrument, in a piece of many contexts: stretch follows stretch, each with room.
TEST(InfillTest, AccompaniesPiecesLongerThanTheContext) {
  const Score song = long_song(40);
  InfillRequest request;
  request.piece = song;
  request.programs = {kDrumProgram};
  for (const InfillWay way : kWays) {
    request.way = way;
    int told = 0;
    const auto done = infill(small_engine({}, 200), request, [&](int bars, int all) {
      EXPECT_EQ(all, 80);
      EXPECT_GE(bars, told);
      told = bars;
      return true;
    });
    ASSERT_TRUE(done) << to_string(done.error());
    if (way == InfillWay::kFill) EXPECT_GT(done->stretches, 10u);
    for (const int program : {0, 32})
      EXPECT_EQ(notes_of(done->score, program), notes_of(song, program));
    const auto drums = notes_of(done->score, kDrumProgram);
    EXPECT_EQ(drums.size(), done->notes);
    EXPECT_GT(between(drums, 0, 160).size(), 0u);
    EXPECT_GT(between(drums, 160, 320).size(), 0u);
    EXPECT_EQ(between(drums, 320, 1e9).size(), 0u);
  }
}

TEST(InfillTest, TheSameSeedWritesTheSame) {
  InfillRequest request;
  request.piece = long_song(2);
  request.first_bar = 1;
  const auto engine = small_engine();
  for (const InfillWay way : kWays) {
    request.way = way;
    request.seed = 5;
    const auto first = infill(engine, request), second = infill(engine, request);
    ASSERT_TRUE(first && second);
    EXPECT_TRUE(first->score == second->score);
    bool differs = false;
    for (request.seed = 6; request.seed < 200 && !differs; ++request.seed)
      differs = !(infill(engine, request)->score == first->score);
    EXPECT_TRUE(differs);
  }
}

// Takes are ranked, and the first one is what there is without: so more takes keep it or a better
// one, and the bars around stay as they are in any case.
TEST(InfillTest, OneTakeOfSeveralIsThatOfItsSeed) {
  InfillRequest request;
  request.piece = long_song(3);
  request.programs = {0};
  request.first_bar = 1;
  request.bars = 3;
  const auto engine = small_engine({.order = ProgramOrder::kHeader}, 300);
  std::vector<Score> alone;
  for (request.seed = 5; request.seed < 9; ++request.seed)
    alone.push_back(infill(engine, request)->score);
  request.seed = 5;
  request.takes = 4;
  const auto best = infill(engine, request);
  ASSERT_TRUE(best) << to_string(best.error());
  EXPECT_NE(std::find(alone.begin(), alone.end(), best->score), alone.end());
  request.takes = 0;
  EXPECT_FALSE(infill(engine, request));
}

TEST(InfillTest, RefusesWhatThereIsNot) {
  const auto engine = small_engine();
  const auto says = [&](const InfillRequest& request, const std::string& words) {
    const auto refused = infill(engine, request);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(words), std::string::npos) << refused.error().message;
  };
  InfillRequest request;
  says(request, "no notes");
  request.piece = small_song();
  request.first_bar = 2;
  says(request, "2 bars");
  request.first_bar = 0;
  request.programs = {129};
  says(request, "0 to 128");
  request.programs = {};
  request.sampler.temperature = -1;
  EXPECT_FALSE(infill(engine, request));
  request.sampler = {};
  const auto stopped = infill(engine, request, [](int, int) { return false; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
  request.way = InfillWay::kFill;
  const auto crowded = infill(small_engine({}, 20), request);
  ASSERT_FALSE(crowded);
  EXPECT_EQ(crowded.error().code, ErrorCode::kLimit);
  EXPECT_FALSE(infill(small_engine({.scheme = "mmt"}, 160, 1, "delay"), request));
}

}  // namespace
}  // namespace sage
