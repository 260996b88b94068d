#include "data/shard.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/shard_set.h"
#include "data/shard_writer.h"
#include "data/small_data.h"

namespace sage {
namespace {

using test::TemporaryFolder;

const std::vector<Source> kSources = {{"a+b", "CC0-1.0"}, {"c+d", "CC-BY-4.0"}};

/// A piece of `tokens` tokens with a bar every 10: no music, but what a shard takes for a piece.
PieceData made_piece(std::uint32_t tokens, std::uint16_t seed) {
  PieceData piece;
  for (std::uint32_t i = 2; i + 1 < tokens; i += 10)
    piece.bars.push_back({i, static_cast<std::uint16_t>(seed % 7), 5});
  for (std::uint32_t i = 0; i < tokens; ++i)
    piece.tokens.push_back(static_cast<std::uint16_t>((i * seed) % 200));
  return piece;
}

PackedBlock made_block(const std::vector<PieceData>& pieces) {
  std::vector<PieceEntry> entries;
  std::vector<std::uint8_t> data;
  for (const PieceData& piece : pieces) {
    PieceEntry entry;
    entry.token_count = static_cast<std::uint32_t>(piece.tokens.size());
    entry.bar_count = static_cast<std::uint32_t>(piece.bars.size());
    entry.source = static_cast<std::uint32_t>(entries.size() % 2);
    entries.push_back(entry);
    append_piece(piece, data);
  }
  return pack_block(entries, data, 3);
}

/// Two blocks of three pieces and one.
ShardSummary write_small(const std::filesystem::path& path) {
  auto writer = ShardWriter::create(path, TokenizerConfig{}, kSources);
  EXPECT_TRUE(writer);
  EXPECT_TRUE(writer->add(made_block({made_piece(50, 3), made_piece(33, 4), made_piece(90, 5)})));
  EXPECT_TRUE(writer->add(made_block({made_piece(1000, 6)})));
  const auto summary = writer->finish();
  EXPECT_TRUE(summary);
  return *summary;
}

TEST(ShardTest, ReadsWhatWasWritten) {
  const TemporaryFolder folder;
  const auto path = folder / "x.sage";
  const ShardSummary summary = write_small(path);
  EXPECT_EQ(summary.pieces, 4u);
  EXPECT_EQ(summary.tokens, 1173u);
  const auto bytes = read_file(path).value();
  EXPECT_EQ(summary.bytes, bytes.size());
  EXPECT_EQ(summary.sha256, sha256_hex(bytes));
  const auto shard = Shard::open(path);
  ASSERT_TRUE(shard) << to_string(shard.error());
  EXPECT_EQ(shard->config(), TokenizerConfig{});
  EXPECT_TRUE(std::ranges::equal(shard->sources(), kSources));
  EXPECT_EQ(shard->token_count(), 1173u);
  const std::vector<PieceData> expected = {made_piece(50, 3), made_piece(33, 4), made_piece(90, 5),
                                           made_piece(1000, 6)};
  for (const std::size_t i : {3u, 0u, 2u, 1u}) {  // in any order
    const auto piece = shard->read(i);
    ASSERT_TRUE(piece) << to_string(piece.error());
    EXPECT_EQ(piece->tokens, expected[i].tokens);
    ASSERT_EQ(piece->bars.size(), expected[i].bars.size());
    EXPECT_EQ(std::memcmp(piece->bars.data(), expected[i].bars.data(), 8 * piece->bars.size()), 0);
  }
}

/// Opens a shard and reads all of it: the number of pieces read, after one clear line of an error.
std::size_t pieces_read(const std::filesystem::path& path) {
  const auto shard = Shard::open(path);
  const auto expect_clear = [&](const Error& error) {
    EXPECT_NE(error.message.find(path.string()), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos);
    EXPECT_TRUE(error.message.find("prepare") != std::string::npos) << error.message;
  };
  if (!shard) {
    expect_clear(shard.error());
    return 0;
  }
  std::size_t read = 0;
  for (std::size_t i = 0; i < shard->pieces().size(); ++i) {
    const auto piece = shard->read(i);
    if (!piece) expect_clear(piece.error());
    read += piece ? 1 : 0;
  }
  return read;
}

TEST(ShardTest, RefusesEveryTruncation) {
  const TemporaryFolder folder;
  write_small(folder / "x.sage");
  const auto bytes = read_file(folder / "x.sage").value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_TRUE(write_file(folder / "y.sage", std::span(bytes).first(size)));
    EXPECT_EQ(pieces_read(folder / "y.sage"), 0u) << size;
  }
}

TEST(ShardTest, NoticesEveryFlippedByte) {
  const TemporaryFolder folder;
  write_small(folder / "x.sage");
  const auto bytes = read_file(folder / "x.sage").value();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto wild = bytes;
    wild[at] ^= static_cast<std::uint8_t>(1 << at % 8);
    ASSERT_TRUE(write_file(folder / "y.sage", wild));
    const std::size_t read = pieces_read(folder / "y.sage");
    // Nothing hangs on the reserved word and on the zeros before the tables; a damaged block costs
    // its own pieces alone.
    EXPECT_TRUE(read == 0 || read == 1 || read == 3 || read == 4) << at;
    EXPECT_TRUE(read == 0 || (at >= 12 && at + 300 <= bytes.size())) << at;
  }
}

TEST(ShardTest, AChecksummedLieIsRefused) {
  const TemporaryFolder folder;
  const auto path = folder / "x.sage";
  const auto written = [&](const PieceEntry& entry, PieceData piece) {
    auto writer = ShardWriter::create(path, TokenizerConfig{}, kSources);
    std::vector<std::uint8_t> data;
    append_piece(piece, data);
    EXPECT_TRUE(writer->add(pack_block({entry}, data, 3)));
    EXPECT_TRUE(writer->finish());
    return pieces_read(path);
  };
  const PieceData piece = made_piece(50, 3);
  PieceEntry good;
  good.token_count = 50;
  good.bar_count = static_cast<std::uint32_t>(piece.bars.size());
  EXPECT_EQ(written(good, piece), 1u);
  for (const auto& spoil : std::vector<std::function<void(PieceEntry&)>>{
           [](PieceEntry& e) { e.token_count = 49; }, [](PieceEntry& e) { e.bar_count += 1; },
           [](PieceEntry& e) { e.bar_count = 0; }, [](PieceEntry& e) { e.source = 2; },
           [](PieceEntry& e) { e.header_count = 60; },
           [](PieceEntry& e) { e.lowest_pitch = 50, e.highest_pitch = 200; },
           [](PieceEntry& e) { e.token_count = 0xffffffff; }}) {
    PieceEntry bad = good;
    spoil(bad);
    EXPECT_EQ(written(bad, piece), 0u);
  }
  PieceData wild = piece;
  wild.tokens[20] = 60'000;  // outside the vocabulary
  EXPECT_EQ(written(good, wild), 0u);
  wild = piece;
  std::swap(wild.bars[1], wild.bars[2]);
  EXPECT_EQ(written(good, wild), 0u);
}

TEST(ShardTest, RefusesWhatIsNoShard) {
  const TemporaryFolder folder;
  EXPECT_FALSE(Shard::open(folder / "nowhere.sage"));
  EXPECT_FALSE(Shard::open(folder.path()));
  std::ofstream(folder / "text.sage") << "a file of another kind, long enough to hold a header and "
                                         "a footer, with no magic in it at all, of course";
  EXPECT_EQ(pieces_read(folder / "text.sage"), 0u);
  write_small(folder / "x.sage");
  auto bytes = read_file(folder / "x.sage").value();
  bytes[8] = 1;  // the first format
  ASSERT_TRUE(write_file(folder / "old.sage", bytes));
  const auto old = Shard::open(folder / "old.sage");
  ASSERT_FALSE(old);
  EXPECT_NE(old.error().message.find("another version (1)"), std::string::npos);
}

class ShardSetTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto first = write_small(folder_ / "train-00000.sage");
    const auto second = write_small(folder_ / "train-00001.sage");
    for (const auto* summary : {&first, &second})
      shards_.push_back({{"file", "train-0000" + std::to_string(shards_.size()) + ".sage"},
                         {"pieces", summary->pieces},
                         {"bytes", summary->bytes}});
    list(shards_);
  }
  void list(const nlohmann::json& shards) {
    const nlohmann::json manifest = {{"tokenizer", to_json(TokenizerConfig{})},
                                     {"train", {{"shards", shards}}},
                                     {"valid", {{"shards", nlohmann::json::array()}}}};
    ASSERT_TRUE(write_text(folder_ / "manifest.json", manifest.dump()));
  }
  std::string error() {
    const auto set = ShardSet::open(folder_ / "train");
    return set ? "" : set.error().message;
  }
  TemporaryFolder folder_;
  nlohmann::json shards_ = nlohmann::json::array();
};

TEST_F(ShardSetTest, IsOneListOfPieces) {
  const auto set = ShardSet::open(folder_ / "train");
  ASSERT_TRUE(set) << to_string(set.error());
  EXPECT_EQ(set->piece_count(), 8u);
  EXPECT_EQ(set->token_count(), 2346u);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(set->read(i)->tokens.size(), set->piece(i).token_count);
    EXPECT_EQ(set->piece(i).token_count, (std::vector<std::uint32_t>{50, 33, 90, 1000})[i % 4]);
  }
  const auto empty = ShardSet::open(folder_ / "valid");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->piece_count(), 0u);
}

TEST_F(ShardSetTest, RefusesWhatTheManifestDoesNotList) {
  shards_[1]["bytes"] = 1;
  list(shards_);
  EXPECT_NE(error().find("train-00001.sage: not the shard that manifest.json lists"),
            std::string::npos);
  shards_[1] = {{"file", "../train-00001.sage"}, {"pieces", 4}, {"bytes", 1}};
  list(shards_);
  EXPECT_NE(error().find("manifest.json"), std::string::npos);
  list({{{"file", "train-00007.sage"}, {"pieces", 4}, {"bytes", 1}}});
  EXPECT_NE(error().find("train-00007.sage"), std::string::npos);
  ASSERT_TRUE(write_text(folder_ / "manifest.json", "{}"));
  EXPECT_NE(error().find("prepare the data again"), std::string::npos);
  std::filesystem::remove(folder_ / "manifest.json");
  EXPECT_NE(error().find("sage-music data prepare"), std::string::npos);
}

}  // namespace
}  // namespace sage
