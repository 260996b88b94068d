#include "base/file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sage {
namespace {

namespace fs = std::filesystem;

/// A folder of the test's own, gone with it.
class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("sage_file_" + std::string(info->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const fs::path path = folder_ / "new" / "deep" / "file";
  ASSERT_TRUE(write_text(path, std::string("a\0b", 3)));
  EXPECT_EQ(read_text(path).value(), std::string("a\0b", 3));
  const std::vector<std::uint8_t> bytes = {'a', 0, 'b'};
  EXPECT_EQ(read_file(path).value(), bytes);
}

TEST_F(FileTest, WritingReplacesAndLeavesNothingElseBehind) {
  const fs::path path = folder_ / "file";
  ASSERT_TRUE(write_text(path, "a long first content"));
  ASSERT_TRUE(write_text(path, "short"));
  EXPECT_EQ(read_text(path).value(), "short");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, AReaderSeesTheOldOrTheNewButNoMixture) {
  const fs::path path = folder_ / "file";
  const std::string a(100'000, 'a');
  const std::string b(150'000, 'b');
  ASSERT_TRUE(write_text(path, a));
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) (void)write_text(path, i % 2 == 0 ? b : a);
  });
  for (int i = 0; i < 200; ++i) {
    const auto seen = read_text(path);
    ASSERT_TRUE(seen);
    ASSERT_TRUE(*seen == a || *seen == b);
  }
  writer.join();
}

TEST_F(FileTest, WritingToALinkWritesWhatItLeadsTo) {
  fs::create_directories(folder_ / "elsewhere");
  ASSERT_TRUE(write_text(folder_ / "elsewhere" / "file", "old"));
  fs::create_symlink(fs::path("elsewhere") / "file", folder_ / "near");
  fs::create_symlink(folder_ / "near", folder_ / "far");  // a link to a link
  ASSERT_TRUE(write_text(folder_ / "far", "new"));
  EXPECT_EQ(read_text(folder_ / "elsewhere" / "file").value(), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "far"));

  fs::create_symlink(fs::path("elsewhere") / "to come", folder_ / "early");
  ASSERT_TRUE(check_writable(folder_ / "early"));
  ASSERT_TRUE(write_text(folder_ / "early", "there"));
  EXPECT_EQ(read_text(folder_ / "elsewhere" / "to come").value(), "there");

  fs::create_symlink("round", folder_ / "circle");
  fs::create_symlink("circle", folder_ / "round");
  EXPECT_FALSE(check_writable(folder_ / "circle"));
  EXPECT_FALSE(write_text(folder_ / "circle", "lost"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "circle"));
  const auto there = [](const fs::path& folder) {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
  };
  EXPECT_EQ(there(folder_), 6);  // and no temporary files
  EXPECT_EQ(there(folder_ / "elsewhere"), 2);

  fs::create_symlink("elsewhere", folder_ / "folder");
  const auto folder = write_text(folder_ / "folder", "lost");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("it is a folder"), std::string::npos);
}

TEST_F(FileTest, AFailedWriteLeavesNoTemporaryFile) {
  fs::create_directories(folder_ / "taken");
  const auto result = write_text(folder_ / "taken", "text");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_NE(result.error().message.find("taken"), std::string::npos);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, MissingFilesFoldersAndLimitsAreErrorsThatNameThePath) {
  ASSERT_TRUE(write_text(folder_ / "big", "123456789"));
  const auto missing = read_file(folder_ / "missing");
  const auto folder = read_file(folder_);
  const auto big = read_text(folder_ / "big", 8);
  ASSERT_FALSE(missing);
  ASSERT_FALSE(folder);
  ASSERT_FALSE(big);
  EXPECT_EQ(missing.error().code, ErrorCode::kIo);
  EXPECT_EQ(folder.error().code, ErrorCode::kIo);
  EXPECT_EQ(big.error().code, ErrorCode::kLimit);
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
  EXPECT_NE(big.error().message.find("big"), std::string::npos);
  EXPECT_TRUE(read_text(folder_ / "big", 9));
}

TEST_F(FileTest, AMapShowsTheFileAndMoves) {
  ASSERT_TRUE(write_text(folder_ / "file", "mapped"));
  auto opened = MappedFile::open(folder_ / "file");
  ASSERT_TRUE(opened);
  MappedFile first = std::move(*opened);
  MappedFile second;
  second = std::move(first);
  EXPECT_EQ(std::string(second.bytes().begin(), second.bytes().end()), "mapped");
  EXPECT_FALSE(MappedFile::open(folder_ / "missing"));
  EXPECT_FALSE(MappedFile::open(folder_));
}

TEST_F(FileTest, AnEmptyFileMapsToNothing) {
  ASSERT_TRUE(write_text(folder_ / "empty", ""));
  const auto opened = MappedFile::open(folder_ / "empty");
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->bytes().empty());
}

}  // namespace
}  // namespace sage
