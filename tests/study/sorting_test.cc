#include "study/sorting.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "study/folder_of_music.h"
#include "study/held_out.h"

namespace sage {
namespace {

using test::FolderOfMusic;

constexpr auto kGoOn = [](std::size_t, std::size_t) { return true; };

TEST(Sorting, ByKindAndOnlyOnce) {
  const FolderOfMusic folder;
  ASSERT_TRUE(write_text(folder.path() / "broken.mid", "not MIDI").has_value());
  const auto cache = folder.path() / "sorted.json";
  const auto files = folder.files();
  const auto sorted = sort_files(files, 2, cache, kGoOn).value();
  EXPECT_EQ(sorted.unreadable, 1U);
  for (const MusicKind kind :
       {MusicKind::kPianoScore, MusicKind::kPianoPerformance, MusicKind::kMultitrack})
    EXPECT_EQ(sorted.of(kind).paths.size(), FolderOfMusic::kPieces);
  EXPECT_NE(sorted.of(MusicKind::kPianoScore).sha256, sorted.of(MusicKind::kMultitrack).sha256);

  const auto never = [](std::size_t, std::size_t) { return false; };
  const auto again = sort_files(files, 1, cache, never);  // nothing is left to read
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->of(MusicKind::kMultitrack).paths, sorted.of(MusicKind::kMultitrack).paths);
  EXPECT_EQ(again->of(MusicKind::kMultitrack).sha256, sorted.of(MusicKind::kMultitrack).sha256);

  std::filesystem::remove(files.front());
  const auto fewer = folder.files();
  const auto changed = sort_files(fewer, 1, cache, kGoOn).value();
  EXPECT_NE(changed.of(MusicKind::kMultitrack).sha256, sorted.of(MusicKind::kMultitrack).sha256);

  ASSERT_TRUE(write_text(cache, "{\"files\": 3}").has_value());
  EXPECT_TRUE(sort_files(fewer, 1, cache, kGoOn).has_value());
}

TEST(HeldOutPieces, AreSpreadAndLeaveOutWhatHasNothingBehindThePrompt) {
  const FolderOfMusic folder;
  const auto sorted = sort_files(folder.files(), 1, {}, kGoOn).value();
  const auto& bands = sorted.of(MusicKind::kMultitrack).paths;
  StudySettings settings;
  settings.likelihood_pieces = 4;
  settings.continuation_pieces = 100;
  const auto chosen = choose_held_out(bands, settings).value();
  EXPECT_EQ(chosen.likelihood.size(), 4U);
  EXPECT_EQ(chosen.likelihood.front().path, bands.front());
  EXPECT_EQ(chosen.continuation.size(), FolderOfMusic::kPieces);
  settings.scope.skip = 8;  // as many bars as the pieces have
  EXPECT_FALSE(choose_held_out(bands, settings).has_value());
}

}  // namespace
}  // namespace sage
