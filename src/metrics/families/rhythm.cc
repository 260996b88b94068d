// How a piece fills its time.
#include <algorithm>
#include <limits>
#include <vector>

#include "metrics/definitions.h"
#include "metrics/metric.h"

namespace sage {
namespace {

double quarters(const Piece& piece, double ticks) { return ticks / piece.score.ticks_per_quarter; }

double mean_note_length(const Piece& piece) {
  double sum = 0, notes = 0;
  for (const Track& track : piece.score.tracks) {
    if (track.is_drum) continue;
    for (const Note& note : track.notes) sum += static_cast<double>(note.duration.count), ++notes;
  }
  return notes > 0 ? quarters(piece, sum / notes) : std::numeric_limits<double>::quiet_NaN();
}

/// Between neighbouring times at which anything starts: the whole span over the number of gaps.
double mean_inter_onset(const Piece& piece) {
  std::vector<Tick> onsets;
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) onsets.push_back(note.onset);
  std::sort(onsets.begin(), onsets.end());
  onsets.erase(std::unique(onsets.begin(), onsets.end()), onsets.end());
  if (onsets.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const auto span = static_cast<double>((onsets.back() - onsets.front()).count);
  return quarters(piece, span / static_cast<double>(onsets.size() - 1));
}

double note_density(const Piece& piece) {
  const auto length = static_cast<double>(piece.end().count);
  return static_cast<double>(note_count(piece.score)) / quarters(piece, length);
}

}  // namespace

const MetricFamily& rhythm_metric() {
  static constexpr Metric kMetrics[] = {
      {"groove_consistency", "Groove consistency", "1",
       "1 - mean Hamming distance of neighbouring bars' onset patterns; Wu and Yang 2020, MusPy",
       Invariance::kTransposition,
       [](const Piece& piece) { return groove_consistency(piece, piece.measure); }},
      {"empty_beat_rate", "Empty beats", "1", "share of quarters without a note; MusPy",
       Invariance::kTransposition, empty_beat_rate},
      {"drum_in_pattern_rate", "Drums in pattern", "1",
       "share of drum notes on eighths and sixteenths; Dong et al. 2018, MusPy, duple",
       Invariance::kTransposition,
       [](const Piece& piece) { return drum_in_pattern_rate(piece, Feel::kDuple); }},
      {"drum_pattern_consistency", "Drum pattern consistency", "1",
       "the larger of the duple and the triple rate; MusPy", Invariance::kTransposition,
       drum_pattern_consistency},
      {"note_density", "Note density", "notes a quarter", "all notes over the length of the bars",
       Invariance::kTransposition, note_density},
      {"mean_note_length", "Note length", "quarters", "mean duration of pitched notes; mgeval",
       Invariance::kTransposition, mean_note_length},
      {"mean_inter_onset", "Inter-onset time", "quarters",
       "mean time between neighbouring onsets of the piece; mgeval", Invariance::kTransposition,
       mean_inter_onset},
  };
  static constexpr MetricFamily kFamily = {"rhythm", kMetrics};
  return kFamily;
}

}  // namespace sage
