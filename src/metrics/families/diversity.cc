// How much of a piece is new material.
#include "metrics/metric.h"
#include "metrics/sequence.h"

namespace sage {

const MetricFamily& diversity_metric() {
  static constexpr Metric kMetrics[] = {
      {"distinct_2", "Distinct 2-grams", "1",
       "distinct share of pairs of (interval, inter-onset time) a part; distinct-n, Li et al. 2016",
       Invariance::kTransposition, [](const Piece& piece) { return distinct_ngrams(piece, 2); }},
      {"distinct_4", "Distinct 4-grams", "1", "the same for runs of four",
       Invariance::kTransposition, [](const Piece& piece) { return distinct_ngrams(piece, 4); }},
  };
  static constexpr MetricFamily kFamily = {"diversity", kMetrics};
  return kFamily;
}

}  // namespace sage
