#include "eval/corpus.h"

#include <gtest/gtest.h>

#include "folders.h"

namespace sage {
namespace {

using test::TemporaryFolder;

TEST(Corpus, NamesPiecesByTheirPlaceBelowTheFolder) {
  TemporaryFolder root;
  for (const char* name : {"b.mid", "sub/a.MIDI", "sub/c.kar", "notes.txt"})
    ASSERT_TRUE(write_text(root / name, "x"));
  const Folder folder = list_folder(root / "").value();
  ASSERT_EQ(folder.pieces.size(), 3u);
  EXPECT_EQ(folder.pieces[0].name, "b");
  EXPECT_EQ(folder.pieces[1].name, "sub/a");
  EXPECT_EQ(folder.pieces[2].name, "sub/c");
  EXPECT_TRUE(folder.skipped.empty());
}

TEST(Corpus, TwoFilesOfOneNameAreToldOf) {
  TemporaryFolder root;
  for (const char* name : {"a.mid", "a.midi"}) ASSERT_TRUE(write_text(root / name, "x"));
  const Folder folder = list_folder(root / "").value();
  EXPECT_EQ(folder.pieces.size(), 1u);
  ASSERT_EQ(folder.skipped.size(), 1u);
  EXPECT_EQ(folder.skipped[0].name, "a.midi");
}

TEST(Corpus, WhatIsNamedLikeMusicAndCannotBeReadIsToldOf) {
  TemporaryFolder root;
  ASSERT_TRUE(write_text(root / "a.mid", "x"));
  std::filesystem::create_symlink("nowhere", root / "link.mid");
  std::filesystem::create_directory(root / "folder.mid");
  ASSERT_TRUE(write_text(root / "folder.mid/b.mid", "x"));
  const Folder folder = list_folder(root / "").value();
  ASSERT_EQ(folder.pieces.size(), 2u);
  EXPECT_EQ(folder.pieces[1].name, "folder.mid/b");
  ASSERT_EQ(folder.skipped.size(), 1u);
  EXPECT_EQ(folder.skipped[0].name, "link.mid");
}

TEST(Corpus, OnlyFoldersAreFolders) {
  TemporaryFolder root;
  EXPECT_FALSE(list_folder(root / "nowhere"));
  ASSERT_TRUE(write_text(root / "file.mid", "x"));
  EXPECT_FALSE(list_folder(root / "file.mid"));
}

TEST(Corpus, ThinningIsEven) {
  std::vector<PieceFile> pieces(10);
  for (int i = 0; i < 10; ++i) pieces[static_cast<std::size_t>(i)].name = std::to_string(i);
  EXPECT_EQ(thin(pieces, 0).size(), 10u);
  EXPECT_EQ(thin(pieces, 99).size(), 10u);
  const auto some = thin(pieces, 3);
  ASSERT_EQ(some.size(), 3u);
  EXPECT_EQ(some[1].name, "3");
}

TEST(Corpus, TheHashTellsContentsAndNames) {
  TemporaryFolder root;
  ASSERT_TRUE(write_text(root / "x/a.mid", "one"));
  ASSERT_TRUE(write_text(root / "y/a.mid", "two"));
  ASSERT_TRUE(write_text(root / "z/b.mid", "one"));
  const auto hash = [&](const char* name) { return hash_of(list_folder(root / name)->pieces); };
  EXPECT_EQ(hash("x"), hash("x"));
  EXPECT_NE(hash("x"), hash("y"));
  EXPECT_NE(hash("x"), hash("z"));
}

TEST(Corpus, ReferencesThatNobodyCanMatchAreRefused) {
  TemporaryFolder root;
  Score late = test::random_song(1);  // a silent prompt
  for (Track& track : late.tracks)
    std::erase_if(track.notes, [](const Note& note) { return note.onset < Tick{1920 * 4}; });
  ASSERT_TRUE(write_midi_file(late, root / "late.mid"));
  ASSERT_TRUE(write_midi_file(test::random_song(2, 4), root / "short.mid"));
  ASSERT_TRUE(write_midi_file(test::random_song(2, 9), root / "whole.mid"));
  ASSERT_TRUE(write_midi_file({}, root / "empty.mid"));
  ASSERT_TRUE(write_text(root / "broken.mid", "nonsense"));
  const auto load = [&](const char* name, Scope scope) {
    return load_reference({name, root / (std::string(name) + ".mid")}, scope);
  };
  EXPECT_FALSE(load("late", {4, 16}));
  EXPECT_TRUE(load("late", {0, 0}));
  EXPECT_FALSE(load("short", {4, 16}));
  EXPECT_FALSE(load("empty", {0, 0}));
  EXPECT_FALSE(load("broken", {0, 0}));
  EXPECT_FALSE(load("missing", {0, 0}));
  const auto whole = load("whole", {4, 16});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->whole.bars.size(), 9u);
  EXPECT_EQ(whole->part.bars.size(), 5u);
}

}  // namespace
}  // namespace sage
