// Which pieces stay, and where they go: duplicates, groups, the split. Decided from the metadata of
// all files at once. Internal to data; knows no music.
#pragma once

#include <cstdint>
#include <vector>

#include "data/music_files.h"
#include "data/prepare_options.h"
#include "data/work_folder.h"

namespace sage {

enum class PartOf : std::uint8_t { kNone, kTrain, kValid };

struct Selection {
  struct Choice {
    Drop drop = Drop::kNone;
    PartOf part = PartOf::kNone;
    std::uint32_t group = 0;  // the first file of its group
  };
  std::vector<Choice> files;
  std::size_t like_pairs = 0;
};

/// `metas` of all files in their order.
Selection select_pieces(const MusicFiles& files, const std::vector<const FileMeta*>& metas,
                        const PrepareOptions& options);

}  // namespace sage
