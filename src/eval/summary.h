// From scores of pieces to what a table says: means with intervals, divergences, paired tests.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "eval/detection.h"
#include "eval/scoring.h"
#include "metrics/divergence.h"
#include "statistics/statistics.h"

namespace sage {

/// NMSI and its terms, in the order of tables and tests.
struct Measure {
  const char* name;
  const char* title;
  double (*of)(const Similarity& similarity);
};
inline constexpr std::size_t kMeasureCount = 5;
const Measure& measure(std::size_t index);

struct MetricSummary {
  /// Over the pieces that have a value: bootstrap, or of a rate Wilson's interval.
  MeanInterval mean;
  std::size_t values = 0;
  Divergence to_reference;  // of the per-piece values; not for rates
};

/// The pieces whose holes are of one kind.
struct KindSummary {
  HoleKind kind = HoleKind::kBars;
  std::size_t pieces = 0;
  MeanInterval nmsi;
};

/// How what was written in holes fits the kept parts. Intervals are over pieces, which are drawn
/// with all that belongs to them.
struct ListeningSummary {
  MeanInterval clash_ratio;  // sum of Clash::clashing over sum of Clash::rotated
  MeanInterval clashing, rotated, doubling;
  std::size_t pieces = 0;  // in which a clash is defined
  MeanInterval density;    // notes written over the composers' notes, all holes together
  MeanInterval matches;    // mean of Matches::pitch_share()
};

/// Of several takes, as EnergyScore; over pieces.
struct EnergySummary {
  MeanInterval score, to_reference, between;
};

/// How the bars of a piece come back, and how much of a continuation is the prompt again.
struct FormSummary {
  std::array<MeanInterval, kMostLag> likeness_by_lag;
  std::optional<MeanInterval> prompt_likeness;
};

struct SystemSummary {
  std::string name, folder, data_hash;
  std::string meaning;  // of a calibration
  bool calibration = false;
  std::size_t pieces = 0;  // the denominator: every reference that counts
  std::size_t missing = 0, unreadable = 0, silent = 0;
  std::vector<MeanInterval> measures;         // kMeasureCount of them, where pieces are paired
  std::vector<MetricSummary> metrics;         // as all_metrics()
  std::vector<KindSummary> kinds;             // where there are holes of several kinds
  Rest rest;                                  // around the holes, all pieces together
  std::size_t disturbed = 0;                  // pieces in which it is not as it was
  std::optional<ListeningSummary> listening;  // where there are holes
  std::optional<EnergySummary> energy;        // where there are several takes
  FormSummary form;
  std::optional<Detection> detection;                  // of systems whose outputs are paired
  std::vector<ProbeSummary> probes;                    // of a system that was asked for them
  TimeHistogram note_lengths = {}, inter_onsets = {};  // shares of all notes
  Divergence note_length_divergence, inter_onset_divergence;
};

/// `a` against `b` on the same references.
struct PairedTest {
  std::string a, b;
  std::size_t measure = 0;
  MeanInterval difference;  // a - b
  double p = 1, p_holm = 1;
  double effect = 0;  // Cohen's d of paired values

  bool shown() const { return p_holm < 0.05; }
};

struct SummaryOptions {
  int resamples = 10'000;
  std::uint64_t seed = 0;
};

struct Summary {
  SystemSummary reference;
  std::vector<SystemSummary> systems;  // best NMSI first, where there is one
  std::vector<SystemSummary> calibrations;
  std::vector<PairedTest> tests;  // every pair of systems, every measure; one family for Holm
  SummaryOptions options;
};

Summary summarise(const Scores& scores, const SummaryOptions& options = {});

}  // namespace sage
