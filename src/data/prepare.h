// From folders of MIDI files to data a trainer can use: parse, judge, tokenise, find duplicates,
// split, write. For millions of files: parallel, in bounded memory, resumable.
//
// First every file is read, some hundred at a time, into units below OUTPUT/work; then their
// metadata alone decide which pieces stay and where they go; then the pieces stream into shards. A
// run that ended in any way is gone on with by the same call: finished units are found again. The
// output folder receives train-NNNNN.sage and valid-NNNNN.sage, files.tsv.zst (every file, what
// became of it, its SHA-256) and, last, manifest.json; a folder with a manifest is complete. The
// result depends on the files and the options alone: not on threads, not on interruptions. Memory:
// about half a kilobyte a file, mapped from disk for the most part, and some megabytes a thread.
#pragma once

#include <functional>

#include "base/error.h"
#include "data/prepare_options.h"

namespace sage {

/// Called from one thread, at the begin of each stage and up to fifty times a second; returning
/// false stops the work (kInterrupted).
using PrepareCallback = std::function<bool(const PrepareProgress&)>;

Result<PrepareSummary> prepare(const PrepareOptions& options, const PrepareCallback& callback = {});

}  // namespace sage
