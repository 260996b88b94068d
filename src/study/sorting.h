// Music files by the kind of music in them, for studies that compare kinds.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "study/token_corpus.h"

namespace sage {

struct SortedFiles {
  /// Of one kind, in the order given; with a SHA-256 of the hashes of their contents.
  struct Files {
    std::vector<std::filesystem::path> paths;
    std::string sha256;
  };
  std::array<Files, kMusicKindCount> kinds;  // by MusicKind
  std::size_t unreadable = 0;

  const Files& of(MusicKind kind) const { return kinds[static_cast<std::size_t>(kind)]; }
};

/// `progress` as for_each_piece takes it: false stops (kInterrupted). What was found is kept in
/// `cache`, a file; as long as the files have the same names, sizes and times of change they are
/// not read again. Empty: it is not kept.
Result<SortedFiles> sort_files(std::span<const std::filesystem::path> files, int threads,
                               const std::filesystem::path& cache,
                               const std::function<bool(std::size_t, std::size_t)>& progress);

}  // namespace sage
