#include "metrics/histograms.h"

#include <cmath>

namespace sage {
namespace {

std::size_t class_of(double quarters) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < kTimeClassCount; ++k)
    if (std::abs(std::log(quarters / kTimeClasses[k])) <
        std::abs(std::log(quarters / kTimeClasses[best])))
      best = k;
  return best;
}

}  // namespace

TimeHistogram note_length_histogram(const Piece& piece) {
  TimeHistogram out = {};
  for (const Track& track : piece.score.tracks) {
    if (track.is_drum) continue;
    for (const Note& note : track.notes)
      if (note.duration.count > 0)
        out[class_of(static_cast<double>(note.duration.count) / piece.score.ticks_per_quarter)] +=
            1;
  }
  return out;
}

TimeHistogram inter_onset_histogram(const Piece& piece) {
  TimeHistogram out = {};
  for (const Track& track : piece.score.tracks)
    for (std::size_t i = 1; i < track.notes.size(); ++i) {
      const std::int64_t gap = (track.notes[i].onset - track.notes[i - 1].onset).count;
      if (gap > 0) out[class_of(static_cast<double>(gap) / piece.score.ticks_per_quarter)] += 1;
    }
  return out;
}

}  // namespace sage
