#include "metrics/definitions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/nan.h"

namespace sage {
namespace {

template <class Visit>
void each_pitched(const Piece& piece, const Visit& visit) {
  for (const Track& track : piece.score.tracks) {
    if (track.is_drum) continue;
    for (const Note& note : track.notes) visit(note);
  }
}

template <class Visit>
void each_note(const Piece& piece, const Visit& visit) {
  for (const Track& track : piece.score.tracks)
    for (const Note& note : track.notes) visit(note);
}

/// How many pitched notes there are of each pitch modulo N.
template <std::size_t N>
std::array<double, N> histogram(const Piece& piece) {
  std::array<double, N> counts = {};
  each_pitched(piece, [&](const Note& note) { counts[note.pitch % N] += 1; });
  return counts;
}

double total(std::span<const double> counts) {
  double sum = 0;
  for (const double count : counts) sum += count;
  return sum;
}

double entropy(std::span<const double> counts) {
  const double sum = total(counts);
  if (sum == 0) return kNaN;
  double bits = 0;
  for (const double count : counts)
    if (count > 0) bits -= count / sum * std::log2(count / sum);
  return bits;
}

double used(std::span<const double> counts) {
  return static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](double count) { return count > 0; }));
}

struct Interval {  // [begin, end)
  std::int64_t begin;
  std::int64_t end;
  friend auto operator<=>(const Interval&, const Interval&) = default;
};

/// Joins what overlaps or touches. Sorts on the way.
void unite(std::vector<Interval>& intervals) {
  std::sort(intervals.begin(), intervals.end());
  std::size_t kept = 0;
  for (const Interval interval : intervals) {
    if (kept > 0 && interval.begin <= intervals[kept - 1].end)
      intervals[kept - 1].end = std::max(intervals[kept - 1].end, interval.end);
    else
      intervals[kept++] = interval;
  }
  intervals.resize(kept);
}

/// For how many time steps so many pitches sound: entry k for k pitches, k > 0.
std::vector<double> steps_by_pitches(const Piece& piece) {
  std::array<std::vector<Interval>, 128> sounding;
  each_pitched(piece, [&](const Note& note) {
    if (note.duration.count > 0)
      sounding[note.pitch % 128].push_back({note.onset.count, (note.onset + note.duration).count});
  });
  std::vector<std::pair<std::int64_t, int>> changes;
  for (auto& intervals : sounding) {
    unite(intervals);
    for (const auto& [begin, end] : intervals) {
      changes.push_back({begin, 1});
      changes.push_back({end, -1});
    }
  }
  std::sort(changes.begin(), changes.end());
  std::vector<double> steps(129, 0.0);
  std::int64_t last = 0;
  int now = 0;
  for (const auto& [time, change] : changes) {
    if (now > 0) steps[static_cast<std::size_t>(now)] += static_cast<double>(time - last);
    now += change;
    last = time;
  }
  return steps;
}

/// Share of the stretches of `length` ticks, up to and with the one of the last end, in which no
/// note sounds or ends.
double empty_rate(const Piece& piece, std::int64_t length) {
  const std::int64_t end = end_of(piece.score).count;
  if (end < 1 || length < 1) return kNaN;
  std::vector<Interval> filled;
  each_note(piece, [&](const Note& note) {
    filled.push_back({note.onset.count / length, (note.onset + note.duration).count / length + 1});
  });
  unite(filled);
  std::int64_t count = 0;
  for (const auto& [first, last] : filled) count += last - first;
  return 1.0 - static_cast<double>(count) / static_cast<double>(end / length + 1);
}

bool in_pattern(std::int64_t position, std::int64_t resolution, Feel feel) {
  if (position == 0) return true;
  const auto divides = [&](std::int64_t parts) {
    return resolution % parts == 0 && position % (resolution / parts) == 0;
  };
  return feel == Feel::kTriple ? divides(3) : divides(4) || divides(2);
}

}  // namespace

double pitches_used(const Piece& piece) { return used(histogram<128>(piece)); }

double pitch_classes_used(const Piece& piece) { return used(histogram<12>(piece)); }

double pitch_range(const Piece& piece) {
  int low = 127, high = 0;
  each_pitched(piece, [&](const Note& note) {
    low = std::min<int>(low, note.pitch);
    high = std::max<int>(high, note.pitch);
  });
  return std::max(high - low, 0);
}

double pitch_entropy(const Piece& piece) { return entropy(histogram<128>(piece)); }

double pitch_class_entropy(const Piece& piece) { return entropy(histogram<12>(piece)); }

double pitch_in_scale_rate(const Piece& piece, int root, Mode mode) {
  constexpr std::array<int, 7> kMajor = {0, 2, 4, 5, 7, 9, 11}, kMinor = {0, 2, 3, 5, 7, 8, 10};
  const auto counts = histogram<12>(piece);
  const double sum = total(counts);
  if (sum == 0) return kNaN;
  double inside = 0;
  for (const int degree : mode == Mode::kMajor ? kMajor : kMinor)
    inside += counts[static_cast<std::size_t>((root + degree) % 12)];
  return inside / sum;
}

double scale_consistency(const Piece& piece) {
  double best = 0;
  for (const Mode mode : {Mode::kMajor, Mode::kMinor}) {
    for (int root = 0; root < 12; ++root) {
      const double rate = pitch_in_scale_rate(piece, root, mode);
      if (std::isnan(rate)) return kNaN;
      best = std::max(best, rate);
    }
  }
  return best;
}

double polyphony(const Piece& piece) {
  const auto steps = steps_by_pitches(piece);
  double pitches = 0, time = 0;
  for (std::size_t k = 1; k < steps.size(); ++k) {
    pitches += static_cast<double>(k) * steps[k];
    time += steps[k];
  }
  return time > 0 ? pitches / time : kNaN;
}

double polyphony_rate(const Piece& piece, int threshold) {
  const std::int64_t end = end_of(piece.score).count;
  if (end < 1) return kNaN;
  const auto steps = steps_by_pitches(piece);
  double many = 0;
  for (std::size_t k = 1; k < steps.size(); ++k)
    if (static_cast<int>(k) > threshold) many += steps[k];
  return many / static_cast<double>(end);
}

double empty_beat_rate(const Piece& piece) {
  return empty_rate(piece, piece.score.ticks_per_quarter);
}

double empty_measure_rate(const Piece& piece, Tick measure) {
  return empty_rate(piece, measure.count);
}

double groove_consistency(const Piece& piece, Tick measure) {
  if (measure.count < 1) return kNaN;
  const std::int64_t measures = end_of(piece.score).count / measure.count + 1;
  if (measures < 2) return kNaN;
  std::vector<std::int64_t> onsets;
  each_note(piece, [&](const Note& note) { onsets.push_back(note.onset.count); });
  std::sort(onsets.begin(), onsets.end());
  onsets.erase(std::unique(onsets.begin(), onsets.end()), onsets.end());
  const auto is_onset = [&](std::int64_t time) {
    return std::binary_search(onsets.begin(), onsets.end(), time);
  };
  std::int64_t differences = 0;
  for (const std::int64_t onset : onsets) {
    const std::int64_t bar = onset / measure.count;
    if (bar > 0 && !is_onset(onset - measure.count)) ++differences;
    if (bar + 1 < measures && !is_onset(onset + measure.count)) ++differences;
  }
  return 1.0 - static_cast<double>(differences) /
                   (static_cast<double>(measure.count) * static_cast<double>(measures - 1));
}

double drum_in_pattern_rate(const Piece& piece, Feel feel) {
  const std::int64_t resolution = piece.score.ticks_per_quarter;
  double inside = 0, notes = 0;
  for (const Track& track : piece.score.tracks) {
    if (!track.is_drum) continue;
    for (const Note& note : track.notes) {
      notes += 1;
      if (in_pattern(note.onset.count % resolution, resolution, feel)) inside += 1;
    }
  }
  return notes > 0 ? inside / notes : kNaN;
}

double drum_pattern_consistency(const Piece& piece) {
  const double duple = drum_in_pattern_rate(piece, Feel::kDuple);
  return std::isnan(duple) ? duple : std::max(duple, drum_in_pattern_rate(piece, Feel::kTriple));
}

double empty_track_rate(const Piece& piece) {
  const auto& tracks = piece.score.tracks;
  if (tracks.empty()) return kNaN;
  const auto empty = std::count_if(tracks.begin(), tracks.end(),
                                   [](const Track& track) { return track.notes.empty(); });
  return static_cast<double>(empty) / static_cast<double>(tracks.size());
}

}  // namespace sage
