#include "form/cadence.h"

#include <algorithm>
#include <vector>

namespace sage {
namespace {

constexpr double kRestWeight = 0.5;
constexpr double kTonicOfOpenClose = 0.5;
constexpr int kFifth = 7;

/// Notes of pitched instruments that sound at a moment, and the moment: the last onset in the span.
struct Rest {
  Tick onset;
  std::vector<int> pitches;
};

Rest last_rest(const Score& score, Tick from, Tick to) {
  Rest rest{from, {}};
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      if (!track.is_drum && note.onset >= from && note.onset < to)
        rest.onset = std::max(rest.onset, note.onset);
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      if (!track.is_drum && note.onset <= rest.onset && note.onset + note.duration > rest.onset)
        rest.pitches.push_back(note.pitch);
  return rest;
}

bool has_onset(const Score& score, Tick from, Tick to) {
  return std::any_of(score.tracks.begin(), score.tracks.end(), [&](const Track& track) {
    return !track.is_drum &&
           std::any_of(track.notes.begin(), track.notes.end(),
                       [&](const Note& n) { return n.onset >= from && n.onset < to; });
  });
}

/// The dominant's triad is major in both modes.
bool is_in_triad(int interval, bool minor) {
  return interval == 0 || interval == (minor ? 3 : 4) || interval == kFifth;
}

}  // namespace

double close_strength(const Score& score, Tick from, Tick to, EstimatedKey key, Close close) {
  if (key.tonic < 0 || !has_onset(score, from, to)) return 0;
  const Rest rest = last_rest(score, from, to);
  const int lowest = *std::min_element(rest.pitches.begin(), rest.pitches.end());
  const int degree = (lowest - key.tonic + 120) % 12;
  const bool on_dominant = close == Close::kOpen && degree == kFifth;
  double bass = 0;
  if (degree == 0) bass = close == Close::kFull ? 1 : kTonicOfOpenClose;
  if (on_dominant) bass = 1;
  const int root = key.tonic + (on_dominant ? kFifth : 0);
  const auto in_triad = std::count_if(rest.pitches.begin(), rest.pitches.end(), [&](int pitch) {
    return is_in_triad((pitch - root + 120) % 12, key.minor && !on_dominant);
  });
  const double triad = static_cast<double>(in_triad) / static_cast<double>(rest.pitches.size());
  const Tick half{(to - from).count / 2};
  const double still = static_cast<double>((to - std::max(rest.onset, from)).count) /
                       static_cast<double>(std::max<std::int64_t>(half.count, 1));
  return bass + triad + kRestWeight * std::min(1.0, still);
}

}  // namespace sage
