// How much of an output stands in the training set: the longest run of notes that both share,
// whatever its key, its tempo and the rest of the ensemble.
//
// Parts are read as metrics/sequence.h writes them: the notes of one program in order, each as an
// interval and a time. Drums are left out, and so are General MIDI's percussion and sound effects
// (programs 112 to 127): their patterns are common property, and would hide what is looked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eval/corpus.h"
#include "eval/scoring.h"

namespace sage {

struct CopiedRun {
  std::string piece;           // the output
  std::size_t notes = 0;       // melodic notes in the output
  std::size_t longest = 0;     // notes of the longest shared run; 0 where it shares none
  int program = 0;             // of the part in the output
  std::size_t first_note = 0;  // where the run begins in that part
  std::string source;          // a training piece that has the run
};

struct CopyingSet {
  std::string name;
  std::vector<CopiedRun> pieces;
  std::vector<Skipped> skipped;  // files that cannot be read or have no melodic notes
};

struct CopyingTask {
  std::vector<SystemFiles> sets;  // outputs, and held-out pieces to compare them with
  std::vector<PieceFile> training;
  Scope scope;  // of the outputs: the prompt is not their own
  int threads = 1;
};

struct CopyingResult {
  std::vector<CopyingSet> sets;
  std::size_t training_pieces = 0, training_notes = 0;
  std::vector<Skipped> skipped_training;
};

/// Refuses a training set without a piece that can be read. kInterrupted when stopped.
Result<CopyingResult> find_copies(const CopyingTask& task, const Progress& progress);

}  // namespace sage
