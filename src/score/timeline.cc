#include "score/timeline.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace sage {

std::size_t note_count(const Score& score) {
  std::size_t count = 0;
  for (const Track& track : score.tracks) count += track.notes.size();
  return count;
}

Tick end_of(const Score& score) {
  Tick end;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) end = std::max(end, note.onset + note.duration);
  return end;
}

TempoMap::TempoMap(const Score& score) {
  const double quarters_per_tick = 1.0 / std::max(score.ticks_per_quarter, 1);
  const auto segment = [&](Tick start, double seconds, std::uint32_t tempo) {
    return Segment{start, seconds, tempo * 1e-6 * quarters_per_tick, tempo};
  };
  segments_.reserve(score.tempos.size() + 1);
  segments_.push_back(segment(Tick{0}, 0.0, kDefaultTempo));
  for (const TempoChange& change : score.tempos) {
    const Tick start = std::max(change.time, segments_.back().start);
    const double seconds = seconds_at(start);
    if (start == segments_.back().start) segments_.pop_back();
    segments_.push_back(segment(start, seconds, change.us_per_quarter));
  }
}

const TempoMap::Segment& TempoMap::segment_at(Tick time) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), time,
                                      [](Tick t, const Segment& s) { return t < s.start; });
  return after == segments_.begin() ? *after : *(after - 1);
}

double TempoMap::seconds_at(Tick time) const {
  const Segment& segment = segment_at(time);
  return segment.seconds +
         static_cast<double>((time - segment.start).count) * segment.seconds_per_tick;
}

Tick TempoMap::tick_at(double seconds) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), seconds,
                                      [](double s, const Segment& seg) { return s < seg.seconds; });
  const Segment& segment = after == segments_.begin() ? *after : *(after - 1);
  if (segment.seconds_per_tick <= 0) return segment.start;
  constexpr double kFarthest = 0x1p60;  // keeps the cast defined for any finite or infinite input
  const double ticks = (seconds - segment.seconds) / segment.seconds_per_tick;
  return segment.start +
         Tick{static_cast<std::int64_t>(std::llround(std::clamp(ticks, -kFarthest, kFarthest)))};
}

std::uint32_t TempoMap::tempo_at(Tick time) const { return segment_at(time).us_per_quarter; }

double duration_seconds(const Score& score) { return TempoMap(score).seconds_at(end_of(score)); }

Result<std::vector<Bar>> bars_of(const Score& score, Tick end, std::size_t max_bars) {
  std::vector<Bar> bars;
  Meter meter;
  auto change = score.meters.begin();
  Tick start;
  std::int64_t remainder = 0;  // of a tick, in units of 1/denominator
  bool new_meter = true;
  do {
    for (; change != score.meters.end() && change->time <= start; ++change) {
      meter = change->meter;
      new_meter = true;
    }
    const std::int64_t denominator = std::max<std::int64_t>(meter.denominator, 1);
    // A bar lasts at least one tick, for any meter.
    const std::int64_t ticks = std::max<std::int64_t>(
        std::int64_t{4} * std::max(score.ticks_per_quarter, 1) * meter.numerator, denominator);
    if (new_meter) remainder = denominator / 2;  // so that the division below rounds to nearest
    new_meter = false;
    remainder += ticks;
    Bar bar{start, Tick{remainder / denominator}, meter};
    remainder %= denominator;
    if (change != score.meters.end() && change->time < bar.end())
      bar.length = change->time - bar.start;
    if (bars.size() >= max_bars)
      return fail(ErrorCode::kLimit, "more than " + std::to_string(max_bars) +
                                         " bars; shorten the piece or check its time signatures");
    bars.push_back(bar);
    start = bar.end();
  } while (start < end);
  return bars;
}

}  // namespace sage
