// From folders of MIDI files to data a trainer can use: parse, clean, deduplicate, quantise,
// tokenise, split by piece, write.
//
// The output folder receives train.sage, valid.sage and, last, manifest.json, each written whole or
// not at all; a folder with a manifest is complete. The result depends on the files and the options
// alone, not on the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokens/config.h"

namespace sage {

struct PrepareOptions {
  std::vector<std::filesystem::path> sources;  // folders, searched recursively, or single files
  std::vector<std::filesystem::path>
      validation;  // validation only; empty: split `sources` by piece
  std::filesystem::path output;
  TokenizerConfig tokenizer;
  /// Share of the pieces that validate where no validation folder is given. A piece goes where the
  /// hash of its group says: the file name up to its first '.', without a trailing version ("-v2",
  /// "_2").
  double validation_share = 0.02;
  std::size_t min_notes = 16;
  std::size_t max_notes = 100'000;
  std::size_t max_bars = 4'000;
  int threads = 2;
};

struct PrepareProgress {
  std::size_t files = 0;
  std::size_t total_files = 0;
  double seconds_left = 0;
};

struct PrepareSummary {
  struct Part {
    std::size_t pieces = 0;
    std::size_t notes = 0;
    std::size_t bars = 0;
    std::size_t tokens = 0;
  };
  Part train, valid;
  std::map<std::string, std::size_t> dropped;  // reason: files
  std::string manifest_sha256;
};

/// Called from one thread, a few times a second; returning false stops the work (kInterrupted).
using PrepareCallback = std::function<bool(const PrepareProgress&)>;

Result<PrepareSummary> prepare(const PrepareOptions& options, const PrepareCallback& callback = {});

}  // namespace sage
