// Every hard wish holds in every piece: 1,008 random wishes of one word, and all pairs of words;
// and what contradicts itself is refused with both names.
#include <gtest/gtest.h>

#include "generate/generator.h"
#include "generate/stream.h"
#include "generate/wishes_check.h"
#include "score/harmony.h"
#include "small_engine.h"
#include "wish_pieces.h"

namespace sage {
namespace {

using test::WrittenPiece;

constexpr int kWishesAWord = 112;
constexpr int kPiecesAPair = 8;
constexpr int kStreamsAWord = 24;

std::shared_ptr<const Engine> engine_of(Layout layout, ProgramOrder order) {
  TokenizerConfig config;
  config.layout = layout;
  config.order = order;
  return test::small_engine(config);
}

WrittenPiece write(const std::shared_ptr<const Engine>& engine, const Request& request) {
  WrittenPiece piece;
  piece.grid = engine->tokenizer().config().grid;
  piece.meter = *request.meter;
  piece.bar_steps = engine->tokenizer().vocabulary().bar_steps(*request.meter);
  piece.programs = request.programs;
  auto generator = Generator::create(engine, request).value();
  int bars = 0;
  for (auto event = generator.next(); event.type != ReadEvent::Type::kEnd;
       event = generator.next()) {
    if (event.type == ReadEvent::Type::kBar) ++bars;
    if (event.type != ReadEvent::Type::kNote) continue;
    const auto onset = static_cast<int>(event.onset.count);
    piece.notes.push_back({event.program, event.pitch, onset / piece.bar_steps,
                           onset % piece.bar_steps, onset,
                           onset + static_cast<int>(event.duration.count)});
  }
  const bool cut = piece.notes.size() >= static_cast<std::size_t>(request.max_notes);
  piece.bars = cut ? bars - 1 : bars;
  return piece;
}

class HardWish : public testing::TestWithParam<std::string> {};

TEST_P(HardWish, IsKeptInEveryPiece) {
  const std::shared_ptr<const Engine> engines[] = {
      engine_of(Layout::kCompact, ProgramOrder::kNumber),
      engine_of(Layout::kFull, ProgramOrder::kNumber),
      engine_of(Layout::kCompact, ProgramOrder::kHeader)};
  Random random(7);
  int kept = 0;
  std::size_t notes = 0;
  while (kept < kWishesAWord) {
    Request request = test::random_request(random);
    test::add_random_wish(GetParam(), random, request);
    if (!check_wishes(request.wishes, request.programs)) continue;
    const WrittenPiece piece = write(engines[kept % 3], request);
    ASSERT_EQ(test::violation(GetParam(), request.wishes, piece), "") << "piece " << kept;
    notes += piece.notes.size();
    ++kept;
  }
  EXPECT_GT(notes, 5U * kWishesAWord);  // the wishes are not kept by silence
}

INSTANTIATE_TEST_SUITE_P(Words, HardWish, testing::ValuesIn(test::hard_words()),
                         [](const auto& info) { return info.param; });

TEST(HardWishes, AreKeptInPairsOrRefusedWithBothNames) {
  const auto engine = engine_of(Layout::kCompact, ProgramOrder::kNumber);
  const auto& words = test::hard_words();
  Random random(8);
  int written = 0, refused = 0;
  for (std::size_t a = 0; a < words.size(); ++a)
    for (std::size_t b = a + 1; b < words.size(); ++b)
      for (int piece = 0; piece < kPiecesAPair; ++piece) {
        Request request = test::random_request(random);
        test::add_random_wish(words[a], random, request);
        test::add_random_wish(words[b], random, request);
        if (const auto ok = check_wishes(request.wishes, request.programs); !ok) {
          for (const std::string& word : {words[a], words[b]})
            EXPECT_NE(ok.error().message.find(word), std::string::npos)
                << ok.error().message << " does not name " << word;
          ++refused;
          continue;
        }
        auto generator = Generator::create(engine, request).value();
        const WrittenPiece music = write(engine, request);
        while (generator.next().type != ReadEvent::Type::kEnd) {
        }
        for (const std::string& word : {words[a], words[b]}) {
          // A note of a given rhythm that other wishes forbid is the one thing that can be lost,
          // and that is said.
          if (word == "rhythm" && !generator.losses().empty()) continue;
          EXPECT_EQ(test::violation(word, request.wishes, music), "")
              << words[a] << " and " << words[b] << ", piece " << piece;
        }
        ++written;
      }
  EXPECT_GT(written, 200);
  EXPECT_GT(refused, 5);
}

TEST(HardWishes, WithoutAnyTheMusicIsWhatItWas) {
  const auto engine = test::small_engine();
  Request plain{.bars = 4, .programs = {0, 33, 128}, .seed = 5};
  Request wide = plain;
  wide.wishes.ranges = {{0, {0, 127}}};
  auto a = Generator::create(engine, plain).value();
  auto b = Generator::create(engine, wide).value();
  while (a.next().type != ReadEvent::Type::kEnd) {
  }
  while (b.next().type != ReadEvent::Type::kEnd) {
  }
  EXPECT_TRUE(std::ranges::equal(a.tokens(), b.tokens()));
}

TEST(HardWishes, HoldFromTheFirstNewBarOfAContinuation) {
  const auto engine = test::small_engine({}, 400);
  Request request{.prompt = test::small_song(), .bars = 3, .seed = 2};
  request.wishes.key = "F# major";
  request.wishes.ranges = {{32, {40, 45}}};
  auto generator = Generator::create(engine, request).value();
  const PitchClasses scale = parse_key("F# major")->scale;
  int notes = 0;
  for (auto event = generator.next(); event.type != ReadEvent::Type::kEnd;
       event = generator.next()) {
    if (event.type != ReadEvent::Type::kNote) continue;
    EXPECT_TRUE(scale.test(event.pitch % 12U)) << int{event.pitch};
    if (event.program == 32) EXPECT_TRUE(event.pitch >= 40 && event.pitch <= 45);
    ++notes;
  }
  EXPECT_GT(notes, 5);
}

TEST(HardWishes, ARhythmThatFindsNoRoomIsReportedWithItsBar) {
  const auto engine = test::small_engine();
  Request request{.bars = 2, .programs = {73}, .seed = 2};
  request.meter = Meter{4, 4};
  request.wishes.rhythm = {{73, "xxxx"}};
  request.wishes.chords = "C | F#";
  request.wishes.strict_chords = true;
  request.wishes.melody = {{73, {60, 60, 60, 60, 60, 60, 60, 60}, ""}};
  auto generator = Generator::create(engine, request).value();
  while (generator.next().type != ReadEvent::Type::kEnd) {
  }
  EXPECT_EQ(generator.notes(), 4U);
  ASSERT_EQ(generator.losses().size(), 4U);
  EXPECT_EQ(generator.losses()[0].word, "rhythm");
  EXPECT_EQ(generator.losses()[0].bar, 1);
}

/// The same as write(), on a stream with a given scale of the violin beside what is written.
WrittenPiece write_beside_given(const std::shared_ptr<const Engine>& engine, const Request& request,
                                std::vector<WishLoss>& losses) {
  constexpr int kGiven = 40;
  WrittenPiece piece;
  piece.grid = engine->tokenizer().config().grid;
  piece.meter = *request.meter;
  piece.bar_steps = engine->tokenizer().vocabulary().bar_steps(*request.meter);
  piece.bars = request.bars;
  piece.programs = request.programs;
  auto stream = Stream::create(engine, {.given = {kGiven},
                                        .written = request.programs,
                                        .meter = *request.meter,
                                        .wishes = request.wishes,
                                        .seed = request.seed})
                    .value();
  const Tick end{request.bars * piece.bar_steps};
  for (Tick at{0}; at < end; at = at + Tick{9})
    EXPECT_TRUE(stream.push(kGiven, {at, Tick{9}, static_cast<std::uint8_t>(61 + at.count % 7)}));
  stream.write(Tick{piece.bar_steps + 7});
  stream.rewind(Tick{piece.bar_steps / 2});  // what is written anew keeps the wishes too
  stream.write(end);
  for (const StreamNote& note : stream.notes()) {
    if (note.source != NoteSource::kWritten) continue;
    const auto onset = static_cast<int>(note.note.onset.count);
    piece.notes.push_back({note.program, note.note.pitch, onset / piece.bar_steps,
                           onset % piece.bar_steps, onset,
                           onset + static_cast<int>(note.note.duration.count)});
  }
  losses.assign(stream.losses().begin(), stream.losses().end());
  return piece;
}

TEST(HardWishes, AreKeptBesideGivenNotesAndAfterRewinds) {
  const std::shared_ptr<const Engine> engines[] = {
      engine_of(Layout::kCompact, ProgramOrder::kNumber),
      engine_of(Layout::kFull, ProgramOrder::kNumber),
      engine_of(Layout::kCompact, ProgramOrder::kHeader)};
  Random random(9);
  for (const std::string& word : test::hard_words()) {
    std::size_t notes = 0;
    for (int kept = 0; kept < kStreamsAWord;) {
      Request request = test::random_request(random);
      test::add_random_wish(word, random, request);
      if (!check_wishes(request.wishes, request.programs)) continue;
      std::vector<WishLoss> losses;
      const WrittenPiece piece = write_beside_given(engines[kept % 3], request, losses);
      ASSERT_EQ(test::violation(word, request.wishes, piece), "") << word << ", piece " << kept;
      EXPECT_TRUE(losses.empty()) << losses.front().reason;
      notes += piece.notes.size();
      ++kept;
    }
    EXPECT_GT(notes, 3U * kStreamsAWord) << word;
  }
}

TEST(HardWishes, SetLaterHoldFromThenOnAndAfterARewind) {
  const auto engine = test::small_engine();
  auto stream = Stream::create(engine, {.given = {}, .written = {0}, .seed = 3}).value();
  stream.write(Tick{96});
  Wishes wishes;
  wishes.ranges = {{0, {70, 71}}};
  wishes.rhythm = {{0, "x."}};  // so that there are notes
  ASSERT_TRUE(stream.set_wishes(wishes));
  stream.write(Tick{192});
  const auto all_in_range = [&](Tick from) {
    const auto notes = stream.notes_in(from, Tick{192});
    return !notes.empty() && std::all_of(notes.begin(), notes.end(), [](const StreamNote& note) {
      return note.note.pitch == 70 || note.note.pitch == 71;
    });
  };
  EXPECT_TRUE(all_in_range(Tick{96}));
  stream.rewind(Tick{48});
  stream.write(Tick{192});
  EXPECT_TRUE(all_in_range(Tick{48}));
  EXPECT_GE(stream.notes_in(Tick{48}, Tick{192}).size(), 3U);
  wishes.ranges = {{1, {70, 71}}};
  EXPECT_FALSE(stream.set_wishes(wishes));  // no such program
}

TEST(Density, IsNearWhatWasAskedFor) {
  const auto engine = test::small_engine();
  for (const double asked : {2.0, 6.0, 12.0}) {
    Request request{.bars = 40, .programs = {0, 73}, .seed = 4};
    request.meter = Meter{4, 4};
    request.wishes.density = {{kEveryProgram, asked}};
    auto generator = Generator::create(engine, request).value();
    while (generator.next().type != ReadEvent::Type::kEnd) {
    }
    const double got = static_cast<double>(generator.notes()) / 80;
    EXPECT_GT(got, 0.75 * asked) << asked;
    EXPECT_LT(got, 1.33 * asked) << asked;
  }
}

TEST(Surprise, RaisesAndLowersTheEntropyOfChoices) {
  const auto engine = test::small_engine();
  const auto heat = [&](double target) {
    Wishes wishes;
    wishes.surprise = target;
    Constraints constraints(wishes, engine->tokenizer());
    const Vocabulary& vocabulary = engine->tokenizer().vocabulary();
    ReadEvent bar;
    bar.type = ReadEvent::Type::kBar;
    constraints.begin();
    constraints.push(vocabulary.id(Kind::kBar), bar);
    for (int choice = 0; choice < 100; ++choice) constraints.drawn(1.0);
    return constraints.heat();
  };
  EXPECT_LT(heat(0.5), 0.5);
  EXPECT_DOUBLE_EQ(heat(1.0), 1.0);
  EXPECT_GT(heat(1.5), 2.0);
}

}  // namespace
}  // namespace sage
