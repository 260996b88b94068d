#include "data/prepare.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/file.h"
#include "base/hash.h"
#include "data/music_files.h"
#include "data/shard_set.h"
#include "data/small_data.h"
#include "score/transform.h"
#include "support.h"
#include "tokens/tokenizer.h"

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

/// However small the share, and however large.
TEST_F(PrepareTest, OfTwoGroupsOneValidatesAndOneDoesNot) {
  for (int piece = 0; piece < 5; ++piece)
    write("song" + std::to_string(piece) + "x.mid",
          small_piece(static_cast<std::uint64_t>(piece), 3));
  for (const double share : {1e-9, 0.9}) {
    PrepareOptions options = options_for(folder_);
    options.validation_share = share;
    const auto summary = prepare(options);
    ASSERT_TRUE(summary) << to_string(summary.error());
    EXPECT_GE(summary->valid.pieces, 1u) << share;
    EXPECT_GE(summary->train.pieces, 1u) << share;
  }
}

TEST_F(PrepareTest, SaysWhyNothingIsLeftToTrainOn) {
  write("a.mid", small_piece(1, 3));
  PrepareOptions options = options_for(folder_);
  options.validation = options.sources;
  const auto nothing = prepare(options);
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message.find("1 held out for validation"), std::string::npos)
      << nothing.error().message;
}

TEST_F(PrepareTest, NamesTheSourcesOfAManifest) {
  write("a.mid", small_piece(1, 4));
  write("b.mid", small_piece(2, 4));
  std::ofstream(folder_ / "midi" / "MANIFEST.tsv")
      << "file\tsha256\trepo\tlicence\na.mid\t0\tsomebody+songs\tCC0-1.0\n";
  ASSERT_TRUE(prepare(options_for(folder_)));
  const auto manifest =
      nlohmann::json::parse(read_text(folder_ / "data" / "manifest.json").value());
  const auto sources = manifest["train"]["sources"];
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0]["repo"], "somebody+songs");
  EXPECT_EQ(sources[0]["licence"], "CC0-1.0");
  EXPECT_EQ(sources[0]["pieces"], 1);
  EXPECT_EQ(sources[0]["notes"], 32);
  EXPECT_EQ(sources[1]["repo"], "unknown");
  const auto data = ShardSet::open(folder_ / "data" / "train");
  ASSERT_TRUE(data);
  EXPECT_EQ(data->sources()[data->piece(0).source].repo, "somebody+songs");
  EXPECT_EQ(data->sources()[data->piece(1).source].repo, "unknown");
}

TEST_F(PrepareTest, TheManifestHashesWhatItLists) {
  write("a.mid", small_piece(1, 4));
  ASSERT_TRUE(prepare(options_for(folder_)));
  const auto manifest =
      nlohmann::json::parse(read_text(folder_ / "data" / "manifest.json").value());
  const auto hash = [&](const nlohmann::json& row) {
    return sha256_hex(read_file(folder_ / "data" / row["file"].get<std::string>()).value());
  };
  EXPECT_EQ(manifest["train"]["shards"][0]["sha256"], hash(manifest["train"]["shards"][0]));
  EXPECT_EQ(manifest["files"]["sha256"], hash(manifest["files"]));
}

/// The files of a folder and below, by name, with their bytes.
std::map<std::string, std::vector<std::uint8_t>> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] =
          read_file(entry.path()).value();
  return files;
}

TEST_F(PrepareTest, GoesOnWhereItWasStoppedWithTheSameBytes) {
  for (int i = 0; i < 120; ++i)
    write("song" + std::to_string(i) + "x.mid", small_piece(static_cast<std::uint64_t>(i), 300));
  PrepareOptions options = options_for(folder_);
  options.validation_share = 0.2;
  options.output = folder_ / "whole";
  const auto whole = prepare(options);
  ASSERT_TRUE(whole) << to_string(whole.error());
  EXPECT_EQ(whole->resumed_files, 0u);
  options.output = folder_ / "broken";
  int stops = 0;
  std::size_t furthest = 0;
  for (std::size_t limit = 10;; limit += 25) {
    options.threads = 1 + stops % 3;
    const auto broken = prepare(options, [&](const PrepareProgress& progress) {
      furthest = std::max(furthest, progress.resumed_files);
      return progress.files < limit || progress.stage != PrepareProgress::Stage::kReading;
    });
    if (broken) {
      EXPECT_EQ(broken->manifest_sha256, whole->manifest_sha256);
      break;
    }
    ++stops;
    EXPECT_EQ(broken.error().code, ErrorCode::kInterrupted);
    EXPECT_NE(broken.error().message.find("the same command continues"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "broken" / "manifest.json"));
  }
  EXPECT_GT(stops, 0);
  EXPECT_GT(furthest, 0u);
  EXPECT_EQ(contents(folder_ / "whole"), contents(folder_ / "broken"));  // and no work folder
}

TEST_F(PrepareTest, StoppedWhileWritingItGoesOnToo) {
  for (int i = 0; i < 40; ++i)
    write("song" + std::to_string(i) + "x.mid", small_piece(static_cast<std::uint64_t>(i), 6));
  PrepareOptions options = options_for(folder_);
  const auto whole = prepare(options);
  ASSERT_TRUE(whole);
  options.output = folder_ / "broken";
  bool stopped = false;
  const auto broken = prepare(options, [&](const PrepareProgress& progress) {
    stopped |= progress.stage == PrepareProgress::Stage::kComparing;
    return !stopped;
  });
  if (stopped) {
    ASSERT_FALSE(broken);
    const auto again = prepare(options);
    ASSERT_TRUE(again) << to_string(again.error());
    EXPECT_EQ(again->resumed_files, 40u);
  }
  EXPECT_EQ(contents(folder_ / "data"), contents(folder_ / "broken"));
}

class UnfinishedTest : public PrepareTest {
 protected:
  void SetUp() override {
    PrepareTest::SetUp();
    for (int i = 0; i < 40; ++i)
      write("song" + std::to_string(i) + "x.mid", small_piece(static_cast<std::uint64_t>(i), 6));
    // What a call leaves that was stopped before it read anything: the key of its work.
    ASSERT_FALSE(prepare(options_for(folder_), [](const PrepareProgress&) { return false; }));
    ASSERT_TRUE(std::filesystem::exists(folder_ / "data" / "work" / "key.json"));
  }
};

TEST_F(UnfinishedTest, OtherOptionsAreRefusedUntilRestarted) {
  PrepareOptions other = options_for(folder_);
  other.min_notes = 20;
  const auto refused = prepare(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
  EXPECT_NE(refused.error().message.find("other options"), std::string::npos);
  EXPECT_NE(refused.error().message.find("--restart"), std::string::npos);
  other.restart = true;
  EXPECT_TRUE(prepare(other));
}

TEST_F(UnfinishedTest, OtherFilesAreRefusedUntilRestarted) {
  write("new.mid", small_piece(99, 6));
  const auto refused = prepare(options_for(folder_));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("other files"), std::string::npos);
  PrepareOptions options = options_for(folder_);
  options.restart = true;
  EXPECT_TRUE(prepare(options));
}

TEST_F(UnfinishedTest, DamagedUnitsAreReadAgain) {
  PrepareOptions options = options_for(folder_);
  ASSERT_FALSE(prepare(options, [](const PrepareProgress& progress) {
    return progress.stage != PrepareProgress::Stage::kComparing;
  }));
  const auto unit = folder_ / "data" / "work" / "unit-00001";
  auto bytes = read_file(unit).value();
  ASSERT_TRUE(write_file(unit, std::span(bytes).first(bytes.size() / 2)));
  const auto summary = prepare(options);
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_LT(summary->resumed_files, 40u);
  EXPECT_GT(summary->resumed_files, 0u);
}

TEST_F(UnfinishedTest, DamagedMusicInAUnitIsSaid) {
  PrepareOptions options = options_for(folder_);
  ASSERT_FALSE(prepare(options, [](const PrepareProgress& progress) {
    return progress.stage != PrepareProgress::Stage::kComparing;
  }));
  const auto unit = folder_ / "data" / "work" / "unit-00001";
  auto bytes = read_file(unit).value();
  bytes.back() ^= 1;
  ASSERT_TRUE(write_file(unit, bytes));
  const auto refused = prepare(options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("unit-00001 is damaged; delete it"), std::string::npos);
  std::filesystem::remove(unit);
  EXPECT_TRUE(prepare(options));
}

TEST_F(PrepareTest, AFolderOfSomebodyElseIsNotTouched) {
  write("a.mid", small_piece(1, 6));
  ASSERT_TRUE(write_text(folder_ / "data" / "work" / "thesis.txt", "years of it"));
  PrepareOptions options = options_for(folder_);
  options.restart = true;
  EXPECT_FALSE(prepare(options));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "data" / "work" / "thesis.txt"));
}

TEST_F(PrepareTest, NewDataReplaceOldOnes) {
  for (int i = 0; i < 30; ++i)
    write("song" + std::to_string(i) + "x.mid", small_piece(static_cast<std::uint64_t>(i), 400));
  PrepareOptions options = options_for(folder_);
  options.shard_bytes = 10'000;
  ASSERT_TRUE(prepare(options));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "data" / "train-00003.sage"));
  const auto many = ShardSet::open(folder_ / "data" / "train");
  ASSERT_TRUE(many) << to_string(many.error());
  EXPECT_EQ(many->piece_count(), 30u);
  options.shard_bytes = 1 << 30;
  ASSERT_TRUE(prepare(options));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data" / "train-00001.sage"));
  const auto one = ShardSet::open(folder_ / "data" / "train");
  ASSERT_TRUE(one);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(one->read(i)->tokens, many->read(i)->tokens);
}

/// The rows of files.tsv.zst without the header, as cells.
std::map<std::string, std::vector<std::string>> file_list(const std::filesystem::path& data) {
  const std::string command = "zstd -dc '" + (data / "files.tsv.zst").string() + "'";
  std::map<std::string, std::vector<std::string>> rows;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (int c; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
  if (pipe != nullptr) ::pclose(pipe);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == '\t')
        cells.emplace_back();
      else
        cells.back() += c;
    }
    rows[std::filesystem::path(cells[0]).filename().string()] = cells;
  }
  return rows;
}

TEST_F(PrepareTest, NearDuplicatesAreDroppedAndTheirKinKeptTogether) {
  const Score original = small_piece(1, 40);
  write("a.mid", original);
  Score altered = original;  // another key, twice as long, other tempo, three notes wrong
  transpose(altered, 2);
  for (Note& note : altered.tracks[0].notes)
    note.onset = note.onset * 2, note.duration += Tick{240};
  for (const std::size_t i : {50u, 150u, 250u}) altered.tracks[0].notes[i].pitch += 1;
  altered.tempos = {{Tick{0}, 700'000}};
  write("b.mid", altered);
  Score half = original;  // its first two thirds
  half.tracks[0].notes.resize(215);
  write("c.mid", half);
  write("d.mid", small_piece(2, 40));
  PrepareOptions options = options_for(folder_);
  const auto summary = prepare(options);
  ASSERT_TRUE(summary);
  const std::map<std::string, std::size_t> expected = {{"near-duplicate", 1}};
  EXPECT_EQ(summary->dropped, expected);
  const auto rows = file_list(folder_ / "data");
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows.at("b.mid")[3], "near-duplicate");
  EXPECT_EQ(rows.at("a.mid")[4], rows.at("c.mid")[4]);  // one group
  EXPECT_NE(rows.at("a.mid")[4], rows.at("d.mid")[4]);
  EXPECT_EQ(rows.at("a.mid")[7], sha256_hex(read_file(folder_ / "midi" / "a.mid").value()));
  options.near_duplicate = options.same_piece = 1;  // off
  const auto all = prepare(options);
  EXPECT_EQ(all->train.pieces, 4u);
  EXPECT_EQ(all->train.groups, 4u);
}

TEST_F(PrepareTest, GroupsAreNeverInBothParts) {
  // Forty pieces, each whole, in part, and under a versioned name with other music.
  for (std::uint64_t i = 0; i < 40; ++i) {
    const Score whole = small_piece(i, 30);
    Score part = whole;
    part.tracks[0].notes.resize(150);
    write("whole" + std::to_string(i) + "x.mid", whole);
    write("part" + std::to_string(i) + "y.mid", part);
    write("part" + std::to_string(i) + "y-v2.mid", small_piece(1000 + i, 30));
  }
  PrepareOptions options = options_for(folder_);
  options.validation_share = 0.4;
  const auto summary = prepare(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->train.groups + summary->valid.groups, 40u);
  EXPECT_GT(summary->valid.groups, 5u);
  EXPECT_GT(summary->train.groups, 5u);
  std::map<std::string, std::set<std::string>> parts;
  for (const auto& [name, cells] : file_list(folder_ / "data"))
    if (name != "file" && cells[3].empty()) parts[cells[4]].insert(cells[1]);
  EXPECT_EQ(parts.size(), 40u);
  for (const auto& [group, of_group] : parts) EXPECT_EQ(of_group.size(), 1u) << group;
}

TEST_F(PrepareTest, HeldOutPiecesWinOverTheirKin) {
  std::filesystem::create_directories(folder_ / "held");
  const Score held = small_piece(1, 40);
  write_piece(folder_ / "held" / "x.mid", held);
  Score copy = held;
  transpose(copy, 1);
  write("copy.mid", copy);
  Score part = held;
  part.tracks[0].notes.resize(215);
  write("part.mid", part);
  write("other.mid", small_piece(2, 40));
  write("x.mid", small_piece(3, 40));  // names in different folders are unrelated
  PrepareOptions options = options_for(folder_);
  options.validation = {folder_ / "held"};
  const auto summary = prepare(options);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->valid.pieces, 1u);
  EXPECT_EQ(summary->train.pieces, 2u);
  const std::map<std::string, std::size_t> expected = {{"duplicate", 1},
                                                       {"version of a held-out piece", 1}};
  EXPECT_EQ(summary->dropped, expected);
}

TEST(VersionStemTest, TakesVersionsOffAndNothingElse) {
  const auto stem = [](const char* name) { return version_stem(name); };
  for (const char* name : {"song.mid", "song-v2.mid", "song_V12.midi", "song_3.mid", "song.2.mid",
                           "song (4).mid", "song.1f6a07be.mid", "song-2.1f6a07be.mid"})
    EXPECT_EQ(stem(name), "song") << name;
  EXPECT_EQ(stem("bwv_846.mid"), "bwv_846");
  EXPECT_EQ(stem("Kyrie_07.mid"), "Kyrie_07");
  EXPECT_EQ(stem("data_(95).mid"), "data_(95)");
  EXPECT_EQ(stem("scn15_5.mid"), "scn15");
  EXPECT_EQ(stem("Op.10 No.3 in E.mid"), "Op.10 No.3 in E");
  EXPECT_EQ(stem("7.mid"), "7");
  EXPECT_EQ(stem("-2.mid"), "-2");
  EXPECT_EQ(stem(".mid"), "");
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
