#include "train/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "support.h"
#include "tokens/merges.h"
#include "tokens/tokenizer.h"
#include "train/small_training.h"

namespace sage {
namespace {

using test::TemporaryFolder;

/// Every window of an example must be a beginning of a piece under the grammar.
void expect_grammatical(const Tokenizer& tokenizer, std::span<const std::uint16_t> example) {
  auto reader = tokenizer.reader();
  const TokenId bos = tokenizer.vocabulary().id(Kind::kBos);
  for (std::size_t i = 0; i < example.size(); ++i) {
    const TokenId id = example[i];
    if (id == bos) reader = tokenizer.reader();
    for (const TokenId base : tokenizer.expansion(id))
      ASSERT_NE(reader->push(base).type, ReadEvent::Type::kIllegal)
          << "token " << i << ": " << tokenizer.describe(id);
  }
}

void expect_all_grammatical(const std::filesystem::path& shard,
                            const std::optional<TokenizerConfig>& config = std::nullopt) {
  const WindowOptions options = {.tempo_shift = 3, .velocity_shift = 4, .hole_probability = 0.5};
  const auto data = Dataset::open(shard, options, config);
  ASSERT_TRUE(data) << to_string(data.error());
  const Tokenizer& tokenizer = data->tokenizer();
  Random random(3);
  std::vector<std::uint16_t> example(301);
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(data->sample(random, example));
    expect_grammatical(tokenizer, example);
    ASSERT_TRUE(data->fixed(i, example));
    expect_grammatical(tokenizer, example);
  }
}

TEST(DatasetTest, WindowsFollowTheGrammar) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  expect_all_grammatical(folder / "data" / "train");
}

TEST(DatasetTest, WindowsFollowTheGrammarOfEveryScheme) {
  for (const Tokenization* scheme : tokenization_registry()) {
    const TokenizerConfig config = {.scheme = std::string(scheme->name()), .velocity = true};
    // With note-off tokens a window may start within notes: it has ends without onsets.
    if (!scheme->kinds(config).has(Kind::kDuration)) continue;
    const TemporaryFolder folder;
    test::prepare_small(folder, 4, config);
    expect_all_grammatical(folder / "data" / "train");
  }
}

// The header gives the order of programs: all orders come, and each window is a legal beginning.
TEST(DatasetTest, WindowsInTheHeadersOrderHaveEveryOrder) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "midi");
  for (std::uint64_t i = 1; i <= 4; ++i)
    test::write_piece(folder / "midi" / (std::to_string(i) + ".mid"), test::band_score(i));
  PrepareOptions prepared;
  prepared.sources = {folder / "midi"};
  prepared.output = folder / "data";
  prepared.validation_share = 0;
  ASSERT_TRUE(prepare(prepared));
  const WindowOptions options = {.header_probability = 1, .order = ProgramOrder::kHeader};
  const auto data = Dataset::open(folder / "data" / "train", options);
  ASSERT_TRUE(data) << to_string(data.error());
  EXPECT_EQ(data->tokenizer().config().order, ProgramOrder::kHeader);
  const Vocabulary& vocabulary = data->tokenizer().vocabulary();
  const IdRange programs = vocabulary.range(Kind::kProgram);
  Random random(3);
  std::set<std::vector<TokenId>> headers;
  std::vector<std::uint16_t> example(301);
  for (std::size_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(data->sample(random, example));
    expect_grammatical(data->tokenizer(), example);
    std::vector<TokenId> header;
    for (std::size_t at = 1; example[at] >= programs.begin && example[at] < programs.end; ++at)
      header.push_back(example[at]);
    headers.insert(header);
    ASSERT_TRUE(data->fixed(i, example));
    expect_grammatical(data->tokenizer(), example);
  }
  std::size_t ascending = 0;
  for (const auto& header : headers) ascending += std::is_sorted(header.begin(), header.end());
  EXPECT_GE(headers.size(), 6U);
  EXPECT_LE(2 * ascending, headers.size());
}

// So that an example can be cut into whole steps.
TEST(DatasetTest, ExamplesOfCompoundSchemesAreWholeSteps) {
  for (const char* scheme : {"mmt", "cp"}) {
    const TemporaryFolder folder;
    test::prepare_small(folder, 4, {.scheme = scheme});
    const auto data = Dataset::open(folder / "data" / "train", {});
    ASSERT_TRUE(data) << to_string(data.error());
    const auto stride = static_cast<std::size_t>(data->tokenizer().stride());
    const Vocabulary& vocabulary = data->tokenizer().vocabulary();
    Random random(3);
    std::vector<std::uint16_t> example(65 * stride);
    for (std::size_t i = 0; i < 100; ++i) {
      data->sample(random, example);
      for (std::size_t at = 0; at < example.size(); ++at) {
        const Kind kind = vocabulary.event(example[at]).kind;
        const bool begins = kind == Kind::kNote || kind == Kind::kMetrical || kind == Kind::kBos ||
                            kind == Kind::kBar || kind == Kind::kEos;
        ASSERT_FALSE(begins && at % stride != 0) << scheme << ", id " << at;
        ASSERT_FALSE(kind == Kind::kPad && at % stride == 0) << scheme << ", id " << at;
      }
    }
  }
}

TEST(DatasetTest, WindowsFollowTheGrammarWithMerges) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  const auto shard = folder / "data" / "train";
  for (const Boundary boundary : {Boundary::kNone, Boundary::kBar, Boundary::kNote}) {
    const auto merged = test::with_merges(Tokenizer::create({}).value(), boundary);
    expect_all_grammatical(shard, merged.config());
  }
}

// A window has the same music with merges as without, in fewer tokens; so the same budget of tokens
// shows more music.
TEST(DatasetTest, MergesChangeTheTokensOfAWindowAndNotItsMusic) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "midi");
  for (std::uint64_t i = 1; i <= 4; ++i)
    test::write_piece(folder / "midi" / (std::to_string(i) + ".mid"), test::band_score(i));
  PrepareOptions options;
  options.sources = {folder / "midi"};
  options.output = folder / "data";
  options.validation_share = 0;
  ASSERT_TRUE(prepare(options));
  const auto shard = folder / "data" / "train";
  const auto merged = test::with_merges(Tokenizer::create({}).value(), Boundary::kBar);
  const auto plain = Dataset::open(shard, {});
  const auto data = Dataset::open(shard, {}, merged.config());
  ASSERT_TRUE(plain && data);
  std::vector<std::uint16_t> tokens(100), base(100);
  for (std::size_t i = 0; i < plain->piece_count(); ++i) {
    ASSERT_TRUE(data->fixed(i, tokens));
    ASSERT_TRUE(plain->fixed(i, base));
    const auto expanded = merged.expand(std::vector<TokenId>(tokens.begin(), tokens.end()));
    EXPECT_GT(expanded.size(), 150U);
    EXPECT_TRUE(std::equal(base.begin(), base.end(), expanded.begin()));
  }
}

TEST(DatasetTest, ATokenizerForOtherTokensIsRefused) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  const TokenizerConfig other = {.scheme = "tsd"};
  const auto data = Dataset::open(folder / "data" / "train", {}, other);
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code, ErrorCode::kMismatch);
  EXPECT_NE(data.error().message.find("tsd"), std::string::npos);
}

TEST(DatasetTest, WindowsOfRealMusicFollowTheGrammar) {
  const auto music = test::data_directory("test_multitrack");
  if (!music) GTEST_SKIP() << "no real music: SAGE_DATA is not set";
  const TemporaryFolder folder;
  PrepareOptions options;
  options.sources = {*music};
  options.output = folder / "data";
  options.validation_share = 0;
  ASSERT_TRUE(prepare(options));
  expect_all_grammatical(folder / "data" / "train");
}

TEST(DatasetTest, AnExampleIsAFunctionOfTheRandomState) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);
  const auto data = Dataset::open(folder / "data" / "train", {});
  ASSERT_TRUE(data);
  std::vector<std::uint16_t> first(200), second(200), third(200);
  Random a(9), b(9);
  ASSERT_TRUE(data->sample(a, first));
  ASSERT_TRUE(data->sample(b, second));
  ASSERT_TRUE(data->sample(b, third));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

TEST(DatasetTest, TranspositionMovesPitchesAndNothingElse) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "midi");
  Score score = test::small_piece(1, 1, true);
  for (Note& note : score.tracks[0].notes) note.pitch = 60;
  test::write_piece(folder / "midi" / "a.mid", score);
  PrepareOptions options;
  options.sources = {folder / "midi"};
  options.output = folder / "data";
  options.validation_share = 0;
  options.min_notes = 1;
  ASSERT_TRUE(prepare(options));
  const auto data = Dataset::open(folder / "data" / "train", {});
  ASSERT_TRUE(data) << to_string(data.error());
  const Vocabulary& vocabulary = data->tokenizer().vocabulary();
  std::set<int> pitches, drums;
  Random random(1);
  std::vector<std::uint16_t> example(40);
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(data->sample(random, example));
    for (const auto id : example) {
      const TokenEvent event = vocabulary.event(id);
      if (event.kind == Kind::kPitch) pitches.insert(event.value);
      if (event.kind == Kind::kDrum) drums.insert(event.value);
    }
  }
  EXPECT_EQ(pitches.size(), 12u);
  EXPECT_EQ(*pitches.begin(), 55);
  EXPECT_EQ(*pitches.rbegin(), 66);
  EXPECT_EQ(drums, (std::set<int>{36, 38}));
}

/// The ids of an example from each BOS to the next, except the last, which is cut off.
std::vector<std::vector<TokenId>> windows_of(const Tokenizer& tokenizer,
                                             std::span<const std::uint16_t> example) {
  const TokenId bos = tokenizer.vocabulary().id(Kind::kBos);
  std::vector<std::vector<TokenId>> windows;
  for (const TokenId id : example) {
    if (id == bos) windows.emplace_back();
    windows.back().push_back(id);
  }
  windows.pop_back();
  return windows;
}

// What fills the holes is the piece's own: a window with holes decodes to bars of the piece.
TEST(DatasetTest, HolesHideMusicAndSayItLater) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 1);
  const WindowOptions options = {
      .first_bar_probability = 1, .lowest_shift = 0, .highest_shift = 0, .hole_probability = 1};
  const auto data = Dataset::open(folder / "data" / "train", options);
  ASSERT_TRUE(data) << to_string(data.error());
  const Tokenizer& tokenizer = data->tokenizer();
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  const Score original = test::small_piece(1, 6);
  std::vector<std::uint16_t> example(800);
  Random random(2);
  std::set<std::size_t> hole_counts;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(data->sample(random, example));
    for (const auto& window : windows_of(tokenizer, example)) {
      const auto count = [&](Kind kind) {
        return static_cast<std::size_t>(
            std::count(window.begin(), window.end(), vocabulary.id(kind)));
      };
      const std::size_t holes = count(Kind::kHole);
      if (holes == 0) continue;  // too little room at the end of an example
      hole_counts.insert(holes);
      EXPECT_EQ(count(Kind::kFill), 1u);
      EXPECT_EQ(count(Kind::kEndFill), 1u);
      EXPECT_EQ(window.back(), vocabulary.id(Kind::kEos));
      const auto decoded = tokenizer.decode(window);
      ASSERT_TRUE(decoded) << to_string(decoded.error());
      const auto& notes = decoded->tracks.at(0).notes;
      ASSERT_LE(notes.size(), original.tracks[0].notes.size());
      for (std::size_t n = 0; n < notes.size(); ++n)
        EXPECT_EQ(notes[n].pitch, original.tracks[0].notes[n].pitch);
    }
  }
  EXPECT_GT(hole_counts.size(), 2u);  // single bars, ranges, the whole track
}

TEST(DatasetTest, TempoAndVelocityMoveWithinTheirVocabulary) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2, {.velocity = true});
  const WindowOptions options = {.tempo_shift = 2, .velocity_shift = 3};
  const auto data = Dataset::open(folder / "data" / "train", options);
  ASSERT_TRUE(data) << to_string(data.error());
  std::set<int> tempi, velocities;
  std::vector<std::uint16_t> example(100);
  Random random(2);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(data->sample(random, example));
    for (const auto id : example) {
      const TokenEvent event = data->tokenizer().vocabulary().event(id);
      if (event.kind == Kind::kTempo) tempi.insert(event.value);
      if (event.kind == Kind::kVelocity) velocities.insert(event.value);
    }
  }
  EXPECT_EQ(tempi.size(), 5u);
  EXPECT_EQ(velocities.size(), 7u);
}

TEST(DatasetTest, DrumsCanBeWeighedUp) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 8);
  const auto share_of_drums = [&](double weight) {
    WindowOptions options;
    options.drum_weight = weight;
    const auto data = Dataset::open(folder / "data" / "train", options);
    Random random(1);
    std::vector<std::uint16_t> example(32);
    int drums = 0;
    for (int i = 0; i < 400; ++i) {
      EXPECT_TRUE(data->sample(random, example));
      for (const auto id : example)
        if (data->tokenizer().vocabulary().event(id).kind == Kind::kDrum) {
          ++drums;
          break;
        }
    }
    return drums / 400.0;
  };
  EXPECT_GT(share_of_drums(20), share_of_drums(1) + 0.2);
}

class SourceWeightsTest : public testing::Test {
 protected:
  void SetUp() override {
    test::prepare_small(folder_, 4);
    std::ofstream(folder_ / "midi" / "MANIFEST.tsv")
        << "file\trepo\tlicence\npiece0x.mid\tone\tCC0-1.0\npiece1x.mid\ttwo\tCC0-1.0\n";
    PrepareOptions options;
    options.sources = {folder_ / "midi"};
    options.output = folder_ / "data";
    options.validation_share = 0;
    ASSERT_TRUE(prepare(options));
  }
  /// The number of different beginnings among many windows, all from first bars.
  std::size_t different(const std::vector<SourceWeight>& weights) {
    WindowOptions options = {.first_bar_probability = 1, .lowest_shift = 0, .highest_shift = 0};
    options.source_weights = weights;
    const auto data = Dataset::open(folder_ / "data" / "train", options);
    EXPECT_TRUE(data) << to_string(data.error());
    std::set<std::vector<std::uint16_t>> seen;
    Random random(1);
    std::vector<std::uint16_t> example(60);
    for (int i = 0; i < 300; ++i) {
      EXPECT_TRUE(data->sample(random, example));
      seen.insert({example.begin() + 30, example.end()});
    }
    return seen.size();
  }
  TemporaryFolder folder_;
};

TEST_F(SourceWeightsTest, ASourceOrALicenceCanBeLeftOut) {
  const std::size_t all = different({});
  const std::size_t licensed = different({{"unknown", 0}});
  const std::size_t one = different({{"unknown", 0}, {"two", 0}});
  EXPECT_LT(licensed, all);
  EXPECT_LT(one, licensed);
  EXPECT_EQ(different({{"CC0-1.0", 0}, {"two", 7}}), different({{"CC0-1.0", 0}}));
}

TEST_F(SourceWeightsTest, AnUnknownNameIsRefusedWithTheKnownOnes) {
  WindowOptions options;
  options.source_weights = {{"three", 2}};
  const auto data = Dataset::open(folder_ / "data" / "train", options);
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code, ErrorCode::kInvalidArgument);
  for (const char* word : {"\"three\"", "CC0-1.0", "one", "two", "unknown"})
    EXPECT_NE(data.error().message.find(word), std::string::npos) << data.error().message;
}

TEST_F(SourceWeightsTest, SomethingMustBeLeft) {
  WindowOptions options;
  options.source_weights = {{"CC0-1.0", 0}, {"unknown", 0}};
  const auto data = Dataset::open(folder_ / "data" / "train", options);
  ASSERT_TRUE(data);
  Random random(1);
  std::vector<std::uint16_t> example(20);
  EXPECT_FALSE(data->sample(random, example));
}

}  // namespace
}  // namespace sage
