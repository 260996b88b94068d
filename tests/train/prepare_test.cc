#include "train/prepare.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "score/transform.h"
#include "small_data.h"
#include "support.h"
#include "tokens/tokenizer.h"
#include "train/shard.h"

namespace sage {
namespace {

using test::small_piece;
using test::TemporaryFolder;
using test::write_piece;

PrepareOptions options_for(const TemporaryFolder& folder) {
  PrepareOptions options;
  options.sources = {folder / "midi"};
  options.output = folder / "data";
  options.validation_share = 0;
  return options;
}

class PrepareTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_ / "midi"); }
  void write(const std::string& name, const Score& score) {
    write_piece(folder_ / "midi" / name, score);
  }
  TemporaryFolder folder_;
};

TEST_F(PrepareTest, CountsWhatItDropsAndWhy) {
  write("a.mid", small_piece(1, 6));
  write("b.mid", small_piece(2, 6, true));
  Score copy = small_piece(1, 6);
  transpose(copy, 3);
  copy.tempos = {{Tick{0}, 400'000}};
  write("copy.mid", copy);
  write("empty.mid", Score{});
  write("short.mid", small_piece(3, 1));
  std::ofstream(folder_ / "midi" / "broken.mid") << "not MIDI";
  std::ofstream(folder_ / "midi" / "readme.txt") << "not looked at";
  const auto summary = prepare(options_for(folder_));
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_EQ(summary->train.pieces, 2u);
  EXPECT_EQ(summary->valid.pieces, 0u);
  const std::map<std::string, std::size_t> expected = {
      {"duplicate", 1}, {"no notes", 1}, {"too few notes", 1}, {"unreadable", 1}};
  EXPECT_EQ(summary->dropped, expected);
}

TEST_F(PrepareTest, IsTheSameWithAnyNumberOfThreads) {
  for (int i = 0; i < 9; ++i)
    write(std::string(1, static_cast<char>('a' + i)) + ".mid",
          small_piece(static_cast<std::uint64_t>(i), 4, i % 3 == 0));
  PrepareOptions options = options_for(folder_);
  options.validation_share = 0.4;
  std::vector<std::string> hashes;
  for (const int threads : {1, 3}) {
    options.threads = threads;
    options.output = folder_ / ("data" + std::to_string(threads));
    const auto summary = prepare(options);
    ASSERT_TRUE(summary) << to_string(summary.error());
    EXPECT_EQ(summary->train.pieces + summary->valid.pieces, 9u);
    hashes.push_back(summary->manifest_sha256);  // which holds the hashes of the shards
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST_F(PrepareTest, VersionsOfOnePieceValidateTogether) {
  for (int piece = 0; piece < 40; ++piece)
    for (const char* version : {"", "-v2", "_3"})
      write("song" + std::to_string(piece) + "x" + version + ".mid",
            small_piece(static_cast<std::uint64_t>(100 * piece + version[0] + 1), 3));
  PrepareOptions options = options_for(folder_);
  options.validation_share = 0.5;
  const auto summary = prepare(options);
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_EQ(summary->valid.pieces % 3, 0u);
  EXPECT_GT(summary->valid.pieces, 30u);
  EXPECT_GT(summary->train.pieces, 30u);
}

TEST_F(PrepareTest, NamesTheSourcesOfAManifest) {
  write("a.mid", small_piece(1, 4));
  write("b.mid", small_piece(2, 4));
  std::ofstream(folder_ / "midi" / "MANIFEST.tsv")
      << "file\tsha256\trepo\tlicence\na.mid\t0\tsomebody+songs\tCC0-1.0\n";
  ASSERT_TRUE(prepare(options_for(folder_)));
  const auto manifest =
      nlohmann::json::parse(read_text(folder_ / "data" / "manifest.json").value());
  const nlohmann::json expected = {{"somebody+songs, CC0-1.0", 1}, {"unknown", 1}};
  EXPECT_EQ(manifest["train"]["sources"], expected);
}

TEST_F(PrepareTest, AStopLeavesNothingBehind) {
  write("a.mid", small_piece(1, 4));
  const auto summary = prepare(options_for(folder_), [](const PrepareProgress&) { return false; });
  // The one file may be read before the first report; then there is nothing to stop.
  if (!summary) {
    EXPECT_EQ(summary.error().code, ErrorCode::kInterrupted);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data"));
  }
}

TEST_F(PrepareTest, RefusesFoldersWithoutMusic) {
  const auto nothing = prepare(options_for(folder_));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, ErrorCode::kInvalidArgument);
  PrepareOptions missing = options_for(folder_);
  missing.sources = {folder_ / "nowhere"};
  EXPECT_FALSE(prepare(missing));
  write("short.mid", small_piece(3, 1));
  std::ofstream(folder_ / "midi" / "broken.mid") << "not MIDI";
  const auto useless = prepare(options_for(folder_));
  ASSERT_FALSE(useless);
  EXPECT_EQ(useless.error().message, "no usable MIDI file among 2 (1 too few notes, 1 unreadable)");
}

TEST_F(PrepareTest, RefusesAnOutputThatCannotBeWrittenBeforeTheWork) {
  write("a.mid", small_piece(1, 4));
  PrepareOptions options = options_for(folder_);
  options.output = folder_ / "midi" / "a.mid" / "data";
  const auto summary = prepare(options, [](const PrepareProgress&) {
    ADD_FAILURE() << "files were read";
    return true;
  });
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::kIo);
}

TEST_F(PrepareTest, EveryPieceOfAShardDecodes) {
  write("a.mid", small_piece(1, 6, true));
  write("b.mid", small_piece(2, 5));
  ASSERT_TRUE(prepare(options_for(folder_)));
  const auto shard = Shard::open(folder_ / "data" / "train-00000.sage");
  ASSERT_TRUE(shard) << to_string(shard.error());
  const auto tokenizer = Tokenizer::create(shard->config());
  ASSERT_TRUE(tokenizer);
  for (std::size_t i = 0; i < shard->pieces().size(); ++i) {
    const auto piece = shard->read(i);
    ASSERT_TRUE(piece) << to_string(piece.error());
    EXPECT_TRUE(
        tokenizer->decode(std::vector<TokenId>(piece->tokens.begin(), piece->tokens.end())));
    EXPECT_EQ(piece->bars.size(), shard->pieces()[i].bar_count);
  }
}

TEST_F(PrepareTest, ADamagedShardIsRefused) {
  write("a.mid", small_piece(1, 6, true));
  ASSERT_TRUE(prepare(options_for(folder_)));
  const auto bytes = read_file(folder_ / "data" / "train-00000.sage").value();
  const auto path = folder_ / "damaged.sage";
  for (std::size_t size = 0; size < bytes.size(); size += 7) {  // cut off
    ASSERT_TRUE(write_file(path, std::span(bytes).first(size)));
    EXPECT_FALSE(Shard::open(path)) << size;
  }
  for (std::size_t at = 0; at < 40; ++at) {  // a wild count in the header: refused, or harmless
    auto wild = bytes;
    wild[at] ^= 0xff;
    ASSERT_TRUE(write_file(path, wild));
    (void)Shard::open(path);
  }
}

TEST(PrepareDataTest, RealMusic) {
  const auto data = test::data_directory("test_multitrack");
  if (!data) GTEST_SKIP() << "no real music: SAGE_DATA is not set";
  const TemporaryFolder folder;
  PrepareOptions options;
  options.sources = {*data};
  options.output = folder / "data";
  options.validation_share = 0.2;
  const auto summary = prepare(options);
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_GT(summary->train.pieces, 50u);
  EXPECT_GT(summary->valid.pieces, 5u);
  EXPECT_TRUE(Shard::open(folder / "data" / "train-00000.sage"));
}

}  // namespace
}  // namespace sage
