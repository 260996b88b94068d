#include "data/stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/file.h"
#include "data/charts.h"
#include "data/small_data.h"

namespace sage {
namespace {

using test::TemporaryFolder;

TEST(DataStatsTest, CountsWhatIsThere) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 4);  // six bars of 4/4 at 120 bpm each, two with drums
  for (const int threads : {1, 3}) {
    const auto stats = data_stats(folder / "data", threads);
    ASSERT_TRUE(stats) << to_string(stats.error());
    const PartStats& train = stats->train;
    EXPECT_EQ(train.total.pieces, 4u);
    EXPECT_EQ(train.total.with_drums, 2u);
    EXPECT_EQ(train.total.notes, 4u * 48 + 2 * 24);
    EXPECT_EQ(train.total.bars, 24u);
    EXPECT_EQ(train.sources.at(Source{}), train.total);
    EXPECT_EQ(train.programs[0], 4u * 48);
    EXPECT_EQ(train.programs[kDrumProgram], 2u * 24);
    EXPECT_EQ(train.drums[36], 24u);
    EXPECT_EQ(train.drums[38], 24u);
    EXPECT_EQ(std::accumulate(train.pitches.begin(), train.pitches.end(), 0u), 4u * 48);
    EXPECT_EQ(train.meters, (std::map<std::string, std::uint64_t>{{"4/4", 24}}));
    EXPECT_EQ(train.kinds.at("Bar"), 24u);
    std::uint64_t tokens = 0;
    for (const auto& [kind, count] : train.kinds) tokens += count;
    EXPECT_EQ(tokens, train.total.tokens);
    for (std::size_t i = 0; i < train.tempos.counts.size(); ++i)
      EXPECT_TRUE(train.tempos.counts[i] == 0 || std::abs(train.tempos.at(i) - 120) < 6);
    EXPECT_EQ(stats->valid.total.pieces, 1u);
  }
}

TEST(DataStatsTest, DrawsAllOfIt) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  const auto stats = data_stats(folder / "data", 1);
  ASSERT_TRUE(stats);
  const auto charts = data_charts(*stats);
  EXPECT_GE(charts.size(), 11u);
  for (const NamedChart& chart : charts) {
    EXPECT_TRUE(chart.svg.starts_with("<svg")) << chart.name;
    EXPECT_EQ(chart.svg.find("nan"), std::string::npos) << chart.name;
  }
  const std::string page = data_page(*stats, "a <title>");
  EXPECT_NE(page.find("a &lt;title&gt;"), std::string::npos);
}

TEST(DataStatsTest, DamagedDataAreOneLine) {
  const TemporaryFolder folder;
  test::prepare_small(folder, 2);
  const auto shard = folder / "data" / "train-00000.sage";
  auto bytes = read_file(shard).value();
  bytes[30] ^= 4;
  ASSERT_TRUE(write_file(shard, bytes));
  const auto stats = data_stats(folder / "data", 2);
  ASSERT_FALSE(stats);
  EXPECT_NE(stats.error().message.find("train-00000.sage"), std::string::npos);
  EXPECT_FALSE(data_stats(folder / "nowhere", 2));
}

}  // namespace
}  // namespace sage
