#include "generate/stream.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

#include "small_engine.h"

namespace sage {
namespace {

using test::small_engine;

constexpr int kBar = 48;  // ticks of 4/4 at a grid of 12

const TokenizerConfig kHeaderOrder = {"remi+", Layout::kCompact, false, 12, ProgramOrder::kHeader};

/// Every tokenizer that a stream can use.
std::vector<TokenizerConfig> stream_configs() {
  std::vector<TokenizerConfig> configs;
  for (const ProgramOrder order : {ProgramOrder::kNumber, ProgramOrder::kHeader})
    for (const Layout layout : {Layout::kFull, Layout::kCompact})
      for (const bool velocity : {false, true})
        configs.push_back({"remi+", layout, velocity, 12, order});
  return configs;
}

Stream make_stream(const TokenizerConfig& config = kHeaderOrder, bool guess = false,
                   int context = 1500) {
  StreamOptions options;
  options.given = {40, 0};
  options.written = {32, 128};
  options.guess = guess;
  options.seed = 7;
  options.sampler.top_p = 1;
  return Stream::create(small_engine(config, context), options).value();
}

/// A quarter note.
Note quarter(int onset, int pitch = 60) {
  return {{onset}, {12}, static_cast<std::uint8_t>(pitch), 80};
}

using PlainNote = std::array<std::int64_t, 5>;  // source, program, onset, duration, pitch

std::vector<PlainNote> plain(std::span<const StreamNote> notes) {
  std::vector<PlainNote> plain;
  for (const StreamNote& n : notes)
    plain.push_back({static_cast<int>(n.source), n.program, n.note.onset.count,
                     n.note.duration.count, n.note.pitch});
  return plain;
}

std::size_t count(std::span<const StreamNote> notes, NoteSource source) {
  return static_cast<std::size_t>(std::count_if(
      notes.begin(), notes.end(), [&](const StreamNote& note) { return note.source == source; }));
}

TEST(StreamTest, WritesAmongGivenNotesWithoutChangingThem) {
  for (const TokenizerConfig& config : stream_configs()) {
    SCOPED_TRACE(describe(config));
    Stream stream = make_stream(config);
    for (int beat = 0; beat < 16; ++beat) {
      ASSERT_TRUE(stream.push(40, quarter(12 * beat, 60 + beat)));
      ASSERT_TRUE(stream.push(0, quarter(12 * beat, 40 + beat)));
    }
    ASSERT_TRUE(stream.write(Tick{4 * kBar}));
    EXPECT_EQ(stream.now(), Tick{4 * kBar});
    EXPECT_EQ(count(stream.notes(), NoteSource::kGiven), 32u);
    EXPECT_GT(count(stream.notes(), NoteSource::kWritten), 0u);
    for (const StreamNote& note : stream.notes()) {
      EXPECT_LT(note.note.onset, Tick{4 * kBar});
      const bool is_asked = note.program == 32 || note.program == 128;
      EXPECT_EQ(note.source == NoteSource::kWritten, is_asked);
    }
    // The score is one that tokens can say as it is.
    const Score score = stream.score();
    const auto said = stream.engine().tokenizer().quantise(score);
    ASSERT_TRUE(said);
    EXPECT_EQ(note_count(said->score), note_count(score));
  }
}

TEST(StreamTest, MusicToBeginWithIsKept) {
  for (const TokenizerConfig& config : stream_configs()) {
    SCOPED_TRACE(describe(config));
    const auto engine = small_engine(config, 1500);
    const auto piece = engine->tokenizer().quantise(test::small_song());
    ASSERT_TRUE(piece);
    StreamOptions options{.given = {0, 32}, .written = {40}, .bpm = 100};
    auto stream = Stream::create(engine, options);
    ASSERT_TRUE(stream && stream->begin_with(*piece));
    EXPECT_EQ(stream->now(), Tick{2 * kBar});
    EXPECT_EQ(stream->heard(), Tick{2 * kBar});
    EXPECT_EQ(count(stream->notes(), NoteSource::kGiven), note_count(piece->score));
    const Score score = stream->score();
    for (std::size_t i = 0; i < piece->score.tracks.size(); ++i)
      EXPECT_EQ(score.tracks[i].notes, piece->score.tracks[i].notes);
  }
}

RC_GTEST_PROP(StreamTest, AfterAnyHistoryWritesWhatAFreshStreamWrites, ()) {
  Stream stream = make_stream();
  const int steps = *rc::gen::inRange(1, 12);
  for (int i = 0; i < steps; ++i) switch (*rc::gen::inRange(0, 4)) {
      case 0:
        RC_ASSERT(stream.push(*rc::gen::element(0, 40),
                              quarter(*rc::gen::inRange(0, 4 * kBar), *rc::gen::inRange(30, 90))));
        break;
      case 1:
        stream.write(Tick{*rc::gen::inRange(0, 4 * kBar)});
        break;
      case 2:
        stream.rewind(Tick{*rc::gen::inRange(0, 4 * kBar)});
        break;
      case 3:
        RC_ASSERT(stream.set_meter(*rc::gen::element(Meter{4, 4}, Meter{3, 4}, Meter{6, 8})));
        break;
    }
  const Tick from{*rc::gen::inRange(0, 4 * kBar)};
  stream.rewind(from);
  const Tick now = stream.now();

  // The same notes, given to a stream that draws nothing before that moment.
  Stream fresh = make_stream();
  fresh.set_playing({});
  for (Tick bar; bar < now; bar = stream.bar_at(bar).end()) {
    RC_ASSERT(fresh.set_meter(stream.bar_at(bar).meter));
    for (const StreamNote& note : stream.notes_in(bar, std::min(stream.bar_at(bar).end(), now)))
      RC_ASSERT(fresh.push(note.program, note.note));
    fresh.write(std::min(stream.bar_at(bar).end(), now));
  }
  for (const StreamNote& note : stream.notes_in(now, Tick{1'000'000}))
    RC_ASSERT(fresh.push(note.program, note.note));
  const Meter next = stream.bar_at(Tick{1'000'000}).meter;
  RC_ASSERT(fresh.set_meter(next));
  const std::array playing = {32, 128};
  fresh.set_playing(playing);

  const Tick end = now + Tick{2 * kBar};
  stream.write(end);
  fresh.write(end);
  const auto of_stream = plain(stream.notes_in(now, end)),
             of_fresh = plain(fresh.notes_in(now, end));
  RC_ASSERT(of_stream == of_fresh);
}

TEST(StreamTest, ReadsALongPromptInParts) {
  const auto engine = small_engine(kHeaderOrder, 1500);
  const auto piece = engine->tokenizer().quantise(test::small_song());
  ASSERT_TRUE(piece);
  const StreamOptions options{.given = {0, 32}, .written = {40}};
  auto whole = Stream::create(engine, options), parts = Stream::create(engine, options);
  ASSERT_TRUE(whole->begin_with(*piece) && parts->begin_with(*piece));
  int calls = 1;
  while (!parts->prepare(10)) ++calls;
  EXPECT_GT(calls, 3);
  EXPECT_TRUE(whole->prepare());
  whole->write(Tick{8 * kBar});
  parts->write(Tick{8 * kBar});
  EXPECT_EQ(plain(parts->notes()), plain(whole->notes()));
}

TEST(StreamTest, AForkGoesItsOwnWay) {
  Stream stream = make_stream();
  ASSERT_TRUE(stream.push(40, quarter(0)));
  stream.write(Tick{kBar});
  Stream same = stream.fork(7);
  Stream other = stream.fork(8);
  other.write(Tick{16 * kBar});
  same.write(Tick{16 * kBar});
  stream.write(Tick{16 * kBar});
  EXPECT_EQ(plain(stream.notes()), plain(same.notes()));
  EXPECT_NE(plain(stream.notes()), plain(other.notes()));
  EXPECT_EQ(plain(stream.notes_in({0}, {kBar})), plain(other.notes_in({0}, {kBar})));
}

TEST(StreamTest, GuessesGoWhenTheMomentIsHeard) {
  Stream stream = make_stream(kHeaderOrder, true);
  stream.write(Tick{60 * kBar});
  ASSERT_GT(count(stream.notes(), NoteSource::kGuessed), 0u);
  EXPECT_EQ(note_count(stream.score()), count(stream.notes(), NoteSource::kWritten));
  ASSERT_TRUE(stream.push(40, quarter(12)));
  stream.hear(Tick{50 * kBar});
  EXPECT_EQ(stream.heard(), Tick{50 * kBar});
  stream.write(Tick{60 * kBar});
  const auto heard = stream.notes_in({0}, {50 * kBar});
  EXPECT_EQ(count(heard, NoteSource::kGuessed), 0u);
  EXPECT_EQ(count(heard, NoteSource::kGiven), 1u);
}

TEST(StreamTest, ANoteFromBeforeTakesBackWhatWasDrawnAfterIt) {
  Stream stream = make_stream();
  stream.write(Tick{2 * kBar});
  const auto before = plain(stream.notes_in({0}, {30}));
  ASSERT_TRUE(stream.push(40, quarter(30)));
  EXPECT_LE(stream.now(), Tick{30});
  EXPECT_EQ(plain(stream.notes_in({0}, {30})), before);
  EXPECT_EQ(count(stream.notes_in({30}, {2 * kBar}), NoteSource::kWritten), 0u);
  ASSERT_TRUE(stream.push(40, {{30}, {24}, 60, 80}));  // the same note, longer
  ASSERT_EQ(count(stream.notes(), NoteSource::kGiven), 1u);
  stream.write(Tick{2 * kBar});
  EXPECT_EQ(count(stream.notes(), NoteSource::kGiven), 1u);
}

TEST(StreamTest, WhatWasPlayedStays) {
  Stream stream = make_stream(kHeaderOrder, true);
  stream.write(Tick{16 * kBar});
  stream.commit(Tick{8 * kBar});
  const auto written = [&](Tick from, Tick to) {
    std::vector<PlainNote> notes = plain(stream.notes_in(from, to));
    std::erase_if(notes, [](const PlainNote& n) { return n[0] != 1; });
    return notes;
  };
  const auto played = written({0}, {8 * kBar});
  ASSERT_FALSE(played.empty());
  for (int bar = 0; bar < 8; ++bar) ASSERT_TRUE(stream.push(40, quarter(bar * kBar + 12)));
  stream.hear(Tick{8 * kBar});
  stream.write(Tick{16 * kBar});
  EXPECT_EQ(written({0}, {8 * kBar}), played);
  EXPECT_EQ(count(stream.notes_in({0}, {8 * kBar}), NoteSource::kGuessed), 0u);
  stream.rewind(Tick{0});
  EXPECT_EQ(written({0}, {16 * kBar}), played);
}

TEST(StreamTest, StopsWhereItIsToldTo) {
  Stream stream = make_stream();
  Stream whole = make_stream();
  int asked = 0;
  EXPECT_FALSE(stream.write(Tick{4 * kBar}, [&] { return ++asked > 5; }));
  EXPECT_LT(stream.now(), Tick{4 * kBar});
  EXPECT_TRUE(stream.write(Tick{4 * kBar}));
  whole.write(Tick{4 * kBar});
  EXPECT_EQ(plain(stream.notes()), plain(whole.notes()));
}

TEST(StreamTest, TakesBackWhatAWriteThatWasStoppedHasSaid) {
  Stream whole = make_stream();
  whole.write(Tick{60 * kBar});
  for (int notes = 1; notes < 30; ++notes) {
    Stream stream = make_stream();
    int asked = 0;
    ASSERT_FALSE(stream.write(Tick{60 * kBar}, [&] { return ++asked > notes; }));
    const Tick now = stream.now();
    stream.rewind(now);
    EXPECT_TRUE(stream.notes_in(now, {60 * kBar}).empty());
    ASSERT_TRUE(stream.push(40, {now, {6}, 60, 80}));
    EXPECT_TRUE(stream.write(Tick{60 * kBar}));
    EXPECT_EQ(plain(stream.notes_in({0}, now)), plain(whole.notes_in({0}, now)));
    EXPECT_EQ(count(stream.notes(), NoteSource::kGiven), 1u);
  }
}

TEST(StreamTest, OnlyThoseWhoMayPlayDo) {
  Stream stream = make_stream();
  const std::array drums = {128};
  stream.set_playing(drums);
  stream.write(Tick{16 * kBar});
  ASSERT_FALSE(stream.notes().empty());
  for (const StreamNote& note : stream.notes()) EXPECT_EQ(note.program, 128);
}

TEST(StreamTest, GoesOnBeyondTheContext) {
  Stream stream = make_stream(kHeaderOrder, false, 160);
  for (int bar = 1; bar <= 24; ++bar) {
    ASSERT_TRUE(stream.push(40, quarter(bar * kBar - 12)));
    stream.write(Tick{bar * kBar});
    if (bar % 3 == 0) {
      stream.rewind(Tick{bar * kBar - 30});
      stream.write(Tick{bar * kBar});
    }
  }
  EXPECT_EQ(stream.now(), Tick{24 * kBar});
  EXPECT_EQ(count(stream.notes(), NoteSource::kGiven), 24u);
  stream.rewind(Tick{0});
  EXPECT_EQ(stream.notes().size(), 24u);
  EXPECT_TRUE(stream.write(Tick{2 * kBar}));
}

TEST(StreamTest, RefusesWhatItCannotDo) {
  const auto engine = small_engine(kHeaderOrder);
  EXPECT_FALSE(Stream::create(small_engine({"tsd"}), {.written = {0}}));
  EXPECT_FALSE(Stream::create(engine, {.given = {0}, .written = {0}}));
  EXPECT_FALSE(Stream::create(engine, {.written = {129}}));
  EXPECT_FALSE(Stream::create(engine, {.written = {0}, .meter = {4, 64}}));
  EXPECT_FALSE(Stream::create(engine, {.written = {0}, .bpm = 5}));
  Stream stream = make_stream();
  EXPECT_FALSE(stream.push(1, quarter(0)));
  EXPECT_FALSE(stream.push(40, {{0}, {0}, 60, 80}));
  EXPECT_FALSE(stream.push(40, {{-1}, {12}, 60, 80}));
  EXPECT_FALSE(stream.set_meter({7, 128}));
  EXPECT_FALSE(stream.set_tempo(0));
}

}  // namespace
}  // namespace sage
