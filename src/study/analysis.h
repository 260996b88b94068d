// What the results of a study support: a mean with its interval for every arm, and for every
// question of the plan a paired difference with its interval and test.
//
// Arms are compared on the same pieces and the same seeds. Intervals are Student's t over the means
// of the seeds, because a training run is the unit that varies (a single seed: a bootstrap over its
// pieces). Tests are paired permutation tests over the pieces, each piece with the mean of its
// seeds, with Holm's correction over the whole report. A difference counts as shown where the
// corrected p is below 0.05, the interval excludes 0 and there are at least three seeds.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "statistics/statistics.h"
#include "study/arm.h"
#include "study/plan.h"

namespace sage {

/// Nats a note, then NMSI and its terms.
struct ArmMeasure {
  const char* name;
  const char* title;
  bool less_is_better;
  int digits;
};
inline constexpr std::size_t kArmMeasures = 6;
inline constexpr std::size_t kTestedMeasures = 2;  // the first ones: nats a note and NMSI
const ArmMeasure& arm_measure(std::size_t index);
/// NaN where a piece could not be scored.
double arm_value(const ArmResult& result, std::size_t measure, std::size_t piece);
/// Pieces that a measure is taken on.
std::size_t piece_count(const ArmResult& result, std::size_t measure);

inline constexpr std::size_t kEnoughSeeds = 3;

using ArmResults = std::map<std::string, std::vector<ArmResult>>;  // by name, seeds ascending

struct ArmSummary {
  std::string arm;
  std::vector<std::uint64_t> seeds;
  std::array<MeanInterval, kArmMeasures> measures;
  double pooled_nats_per_note = 0;  // all nats over all notes
  double tokens_per_note = 0;       // on held-out pieces
  double steps_per_note = 0;        // of the model: a compound step has several tokens
  double notes_per_second = 0;      // of writing continuations, whatever else the machine did
  double training_seconds = 0, training_notes = 0;  // means over seeds

  bool enough_seeds() const { return seeds.size() >= kEnoughSeeds; }
};

/// A contrast on one measure.
struct Finding {
  std::string question, contrast;
  bool is_difference = true;  // of two arms; else a slope
  std::size_t measure = 0;
  std::vector<std::uint64_t> seeds;  // that all its arms have
  std::size_t pieces = 0;
  MeanInterval value;
  double relative = 0;  // value over the mean of the arm with the weight -1; differences only
  double p = 1, p_holm = 1;
  double effect = 0;  // Cohen's d of the paired pieces

  bool enough_seeds() const { return seeds.size() >= kEnoughSeeds; }
  bool shown() const {
    return enough_seeds() && p_holm < 0.05 && (value.low > 0 || value.high < 0);
  }
};

struct Analysis {
  std::vector<ArmSummary> arms;   // of the plan that have results, in its order
  std::vector<Finding> findings;  // of contrasts whose arms share a seed
};

Analysis analyse(const StudyPlan& plan, const ArmResults& results);

}  // namespace sage
