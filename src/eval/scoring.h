// Every output beside its reference: similarities and metrics of each piece.
//
// Each reference that can be compared counts for every system. An output that is missing or cannot
// be read scores 0, is named, and stays in the denominator. Runs on several threads; results do not
// depend on how many.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/corpus.h"
#include "eval/hole_plan.h"
#include "eval/probes.h"
#include "metrics/form.h"
#include "metrics/histograms.h"
#include "metrics/listening.h"
#include "metrics/similarity.h"

namespace sage {

struct SystemFiles {
  std::string name;  // in tables
  std::filesystem::path folder;
  Folder files;
  std::vector<std::vector<PieceFile>> takes = {};  // further ones, as of split_takes()
};

struct ScoringTask {
  std::vector<PieceFile> references;
  std::vector<Skipped> skipped_references;  // known beforehand; listed with the others
  std::vector<SystemFiles> systems;
  Scope scope;
  /// What was in these holes is compared, in place of the bars of the scope.
  std::optional<HolePlan> plan;
  /// Outputs answer the references of the same name. Where they do not (pieces from nothing), only
  /// their distributions are compared, and each of them counts.
  bool paired = true;
  /// Outputs of a reference's name were asked for its instruments, though they are not paired.
  bool instruments_asked = false;
  std::uint64_t seed = 0;  // of the random partner in the calibration
  int threads = 1;
};

enum class Status { kScored, kSilent, kMissing, kUnreadable };
std::string_view to_string(Status status);

/// What was written in a hole, beside what the composer kept and what he wrote there.
struct Listening {
  Clash clash;      // with the kept notes
  Matches matches;  // with the composer's notes of the hole
};

struct PieceScore {
  std::string name;  // of the reference, or of the output where nothing is paired
  Status status = Status::kMissing;
  std::string why;              // when it is not kScored
  Similarity similarity;        // all 0 when missing or unreadable
  std::vector<double> metrics;  // as all_metrics(); empty when missing or unreadable
  TimeHistogram note_lengths = {}, inter_onsets = {};
  std::size_t notes = 0;
  std::optional<Rest> rest = {};            // what is left of the music around a hole
  std::optional<Listening> listening = {};  // of holes
  std::optional<EnergyScore> energy = {};   // of several takes
  /// Of continuations: how much is the prompt again, and how far each metric is from the prompt's.
  std::optional<double> prompt_likeness = {};
  std::vector<double> prompt_change = {};  // as all_metrics()
  std::array<double, kMostLag> likeness_by_lag = {};
};

struct SystemScores {
  std::string name;
  std::string folder;
  std::string meaning;             // of a calibration
  bool calibration = false;        // a row that says what a value of NMSI means
  std::vector<PieceScore> pieces;  // where paired, one for each of Scores::pieces, in their order
  std::vector<Skipped> skipped;    // files of the folder that answer no reference
  std::vector<ProbeScore> probes;  // of a system that was asked for them
  std::string data_hash;           // of all files; none for calibrations
};

struct Scores {
  std::vector<std::string> pieces;          // names of the references that count
  std::vector<HoleKind> kinds;              // of their holes, where there are holes
  std::vector<Skipped> skipped_references;  // and of those that do not
  SystemScores reference;                   // against itself
  std::vector<SystemScores> systems;        // as in the task
  std::vector<SystemScores> calibrations;   // as calibration_rows(); when paired
  std::string data_hash;                    // of the references
  Scope scope;
  std::optional<HoleTask> holes;
  std::string plan_hash;
  bool paired = true;
  std::uint64_t seed = 0;
};

/// One piece on the grid beside a reference, as score_systems() compares those of files.
PieceScore score_piece(const Piece& part, const Features& reference);

/// Refuses a task without a reference that can be compared. kInterrupted when stopped.
Result<Scores> score_systems(const ScoringTask& task, const Progress& progress);

}  // namespace sage
