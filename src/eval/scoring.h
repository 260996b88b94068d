// Every output beside its reference: similarities and metrics of each piece.
//
// Each reference that can be compared counts for every system. An output that is missing or cannot
// be read scores 0, is named, and stays in the denominator. Runs on several threads; results do not
// depend on how many.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/corpus.h"
#include "metrics/histograms.h"
#include "metrics/similarity.h"

namespace sage {

struct SystemFiles {
  std::string name;  // in tables
  std::filesystem::path folder;
  Folder files;
};

struct ScoringTask {
  std::vector<PieceFile> references;
  std::vector<Skipped> skipped_references;  // known beforehand; listed with the others
  std::vector<SystemFiles> systems;
  Scope scope;
  /// Outputs answer the references of the same name. Where they do not (pieces from nothing), only
  /// their distributions are compared, and each of them counts.
  bool paired = true;
  std::uint64_t seed = 0;  // of the random partner in the calibration
  int threads = 1;
};

enum class Status { kScored, kSilent, kMissing, kUnreadable };
std::string_view to_string(Status status);

struct PieceScore {
  std::string name;  // of the reference, or of the output where nothing is paired
  Status status = Status::kMissing;
  std::string why;              // when it is not kScored
  Similarity similarity;        // all 0 when missing or unreadable
  std::vector<double> metrics;  // as all_metrics(); empty when missing or unreadable
  TimeHistogram note_lengths = {}, inter_onsets = {};
  std::size_t notes = 0;
};

struct SystemScores {
  std::string name;
  std::string folder;
  bool calibration = false;        // a row that says what a value of NMSI means
  std::vector<PieceScore> pieces;  // where paired, one for each of Scores::pieces, in their order
  std::vector<Skipped> skipped;    // files of the folder that answer no reference
  std::string data_hash;           // of all files; none for calibrations
};

struct Scores {
  std::vector<std::string> pieces;          // names of the references that count
  std::vector<Skipped> skipped_references;  // and of those that do not
  SystemScores reference;                   // against itself
  std::vector<SystemScores> systems;        // as in the task
  std::vector<SystemScores> calibrations;   // random other piece, prompt repeated; when paired
  std::string data_hash;                    // of the references
  Scope scope;
  bool paired = true;
  std::uint64_t seed = 0;
};

/// Called now and then with the share that is done; false stops the work.
using Progress = std::function<bool(std::size_t done, std::size_t total)>;

/// Refuses a task without a reference that can be compared. kInterrupted when stopped.
Result<Scores> score_systems(const ScoringTask& task, const Progress& progress);

/// The first `prompt` bars of a piece again and again for `bars` bars: what a system scores that
/// copies its prompt.
Piece repeated_prompt(const Piece& whole, std::size_t prompt, std::size_t bars);

/// What a calibration without a prompt repeats.
inline constexpr std::size_t kRepeatedBars = 4;

}  // namespace sage
