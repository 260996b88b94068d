#include "verbs/melody.h"

#include "score/timeline.h"

namespace sage {
namespace {

struct Line {
  double mean = 0;
  double share = 0;  // of the piece in which it sounds
};

Line highest_of(const Track& track, Tick end) {
  double sum = 0;
  std::size_t count = 0;
  std::int64_t sounding = 0;
  for (std::size_t i = 0; i < track.notes.size();) {
    std::size_t next = i;
    int top = 0;
    while (next < track.notes.size() && track.notes[next].onset == track.notes[i].onset)
      top = std::max(top, int{track.notes[next++].pitch});
    const Tick until = next < track.notes.size() ? track.notes[next].onset : end;
    sounding += std::min(track.notes[i].duration, until - track.notes[i].onset).count;
    sum += top;
    ++count;
    i = next;
  }
  return {
      sum / static_cast<double>(count),
      static_cast<double>(sounding) / static_cast<double>(std::max<std::int64_t>(end.count, 1))};
}

}  // namespace

std::optional<std::size_t> melody_of(const Score& score) {
  const Tick end = end_of(score);
  for (const double least : {1.0 / 3, 0.0}) {
    std::optional<std::size_t> best;
    double highest = 0;
    for (std::size_t i = 0; i < score.tracks.size(); ++i) {
      const Track& track = score.tracks[i];
      if (track.is_drum || track.notes.empty()) continue;
      const Line line = highest_of(track, end);
      if (line.share < least || (best && line.mean <= highest)) continue;
      best = i;
      highest = line.mean;
    }
    if (best) return best;
  }
  return std::nullopt;
}

std::vector<std::size_t> pitched_but(const Score& score, std::optional<std::size_t> melody) {
  std::vector<std::size_t> parts;
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (i != melody && !score.tracks[i].is_drum && !score.tracks[i].notes.empty())
      parts.push_back(i);
  return parts;
}

}  // namespace sage
