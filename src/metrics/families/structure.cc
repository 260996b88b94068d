// How a piece repeats itself and shares itself out among bars and instruments.
#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "base/nan.h"
#include "metrics/definitions.h"
#include "metrics/metric.h"
#include "metrics/similarity.h"

namespace sage {
namespace {

double self_similarity_of(const Piece& piece) {
  const auto features = features_of(piece);
  return features ? self_similarity(*features) : kNaN;
}

/// Share of the bars with notes whose onsets (program, position, pitch) an earlier bar has exactly.
double repeated_bar_rate(const Piece& piece) {
  using Onset = std::tuple<int, std::int64_t, int>;
  std::vector<std::vector<Onset>> bars(piece.bars.size());
  for (const Track& track : piece.score.tracks) {
    for (const Note& note : track.notes) {
      const auto after = std::upper_bound(piece.bars.begin(), piece.bars.end(), note.onset,
                                          [](Tick t, const Bar& bar) { return t < bar.start; });
      const auto bar = static_cast<std::size_t>(after - piece.bars.begin()) - 1;
      bars[bar].push_back(
          {track.program_or_drum(), (note.onset - piece.bars[bar].start).count, note.pitch});
    }
  }
  std::set<std::vector<Onset>> seen;
  double filled = 0, repeated = 0;
  for (auto& bar : bars) {
    if (bar.empty()) continue;
    std::sort(bar.begin(), bar.end());
    filled += 1;
    if (!seen.insert(std::move(bar)).second) repeated += 1;
  }
  return filled > 0 ? repeated / filled : kNaN;
}

double instruments_used(const Piece& piece) {
  std::set<int> programs;
  for (const Track& track : piece.score.tracks)
    if (!track.notes.empty()) programs.insert(track.program_or_drum());
  return static_cast<double>(programs.size());
}

}  // namespace

const MetricFamily& structure_metric() {
  static constexpr Metric kMetrics[] = {
      {"empty_measure_rate", "Empty bars", "1",
       "share of bars without a note; Dong et al. 2018, MusPy", Invariance::kTransposition,
       [](const Piece& piece) { return empty_measure_rate(piece, piece.measure); }},
      {"empty_track_rate", "Empty tracks", "1", "share of instruments that pause throughout",
       Invariance::kTransposition, empty_track_rate},
      {"n_instruments_used", "Instruments used", "programs", "programs with notes, drums as one",
       Invariance::kTransposition, instruments_used},
      {"self_similarity", "Self-similarity", "1",
       "mean cosine of the chroma of two half beats; after StructurePE", Invariance::kTransposition,
       self_similarity_of},
      {"repeated_bar_rate", "Repeated bars", "1",
       "share of the filled bars whose onsets an earlier bar has exactly",
       Invariance::kTransposition, repeated_bar_rate},
  };
  static constexpr MetricFamily kFamily = {"structure", kMetrics};
  return kFamily;
}

}  // namespace sage
