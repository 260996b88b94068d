// How a piece is played: loudness and its shape. Timing finer than the metric grid is not seen.
#include <cmath>
#include <vector>

#include "base/nan.h"

#include "metrics/metric.h"

namespace sage {
namespace {

/// Sums for a mean and a standard deviation.
struct Moments {
  double count = 0, sum = 0, squares = 0;
  void add(double x) { ++count, sum += x, squares += x * x; }
  double mean() const { return count > 0 ? sum / count : kNaN; }
  double deviation() const {
    return count > 0 ? std::sqrt(std::max(squares / count - mean() * mean(), 0.0)) : kNaN;
  }
};

template <class Visit>
void each_note_and_bar(const Piece& piece, const Visit& visit) {
  for (const Track& track : piece.score.tracks) {
    std::size_t bar = 0;
    for (const Note& note : track.notes) {
      while (bar + 1 < piece.bars.size() && piece.bars[bar + 1].start <= note.onset) ++bar;
      visit(note, bar);
    }
  }
}

Moments velocities(const Piece& piece) {
  Moments moments;
  each_note_and_bar(piece, [&](const Note& note, std::size_t) { moments.add(note.velocity); });
  return moments;
}

/// The mean over bars of two notes or more.
double deviation_within_bars(const Piece& piece) {
  std::vector<Moments> bars(piece.bars.size());
  each_note_and_bar(piece,
                    [&](const Note& note, std::size_t bar) { bars[bar].add(note.velocity); });
  Moments deviations;
  for (const Moments& bar : bars)
    if (bar.count >= 2) deviations.add(bar.deviation());
  return deviations.mean();
}

double accent(const Piece& piece) {
  Moments on, off;
  each_note_and_bar(piece, [&](const Note& note, std::size_t bar) {
    const std::int64_t position = (note.onset - piece.bars[bar].start).count;
    (position % piece.score.ticks_per_quarter == 0 ? on : off).add(note.velocity);
  });
  return on.mean() - off.mean();
}

}  // namespace

const MetricFamily& expression_metric() {
  static constexpr Metric kMetrics[] = {
      {"velocity_mean", "Loudness", "velocity", "mean velocity of all notes",
       Invariance::kTransposition, [](const Piece& piece) { return velocities(piece).mean(); }},
      {"velocity_sd", "Loudness, spread", "velocity", "standard deviation of the velocities",
       Invariance::kTransposition,
       [](const Piece& piece) { return velocities(piece).deviation(); }},
      {"velocity_sd_in_bar", "Loudness, spread within bars", "velocity",
       "mean over bars of two notes or more of the standard deviation of their velocities",
       Invariance::kTransposition, deviation_within_bars},
      {"beat_accent", "Accent on the beat", "difference",
       "mean velocity of notes on a quarter of their bar less that of the others",
       Invariance::kTransposition, accent},
  };
  static constexpr MetricFamily kFamily = {"expression", kMetrics};
  return kFamily;
}

}  // namespace sage
