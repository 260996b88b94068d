// The second half of prepare(): from units and a selection to shards, file list and manifest.
// Internal to data.
#pragma once

#include <vector>

#include "data/music_files.h"
#include "data/prepare_options.h"
#include "data/selection.h"
#include "data/work_folder.h"

namespace sage {

/// What the second half works on. All of it outlives the call.
struct ReadMusic {
  const MusicFiles& files;
  const WorkFolder& work;
  const std::vector<Unit>& units;
  const Selection& selection;
};

/// Called with the files gone through; false stops (kInterrupted).
using WriteWatch = std::function<bool(std::size_t)>;

/// Writes into the work folder, then moves everything to its place, manifest.json last.
Result<PrepareSummary> write_data(const ReadMusic& music, const PrepareOptions& options,
                                  const WriteWatch& watch);

}  // namespace sage
