#include "data/quality.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "score/timeline.h"

namespace sage {
namespace {

/// Two cut bars may be a pickup and a repeat's end; only more than these count as broken.
constexpr std::size_t kInnocentCuts = 3;

/// `onsets` ascending.
void measure_bars(const Score& score, const std::vector<std::int64_t>& onsets, std::size_t max_bars,
                  Quality& quality) {
  const auto bars = bars_of(score, Tick{onsets.back() + 1}, max_bars);
  if (!bars) return;
  std::size_t silent = 0;
  auto next = onsets.begin();
  for (const Bar& bar : *bars) {
    const auto begin = next;
    while (next != onsets.end() && *next < bar.end().count) ++next;
    if (next == begin) ++silent;
    // Lengths in units of a tick over the denominator, so that nothing is rounded.
    const std::int64_t whole = std::int64_t{4} * score.ticks_per_quarter * bar.meter.numerator;
    const bool is_last = &bar == &bars->back();
    if (!is_last && (bar.length.count + 1) * bar.meter.denominator < whole) ++quality.cut_bars;
  }
  const auto count = static_cast<double>(bars->size());
  quality.silent_bars = static_cast<double>(silent) / count;
  quality.cut_share = static_cast<double>(quality.cut_bars) / count;
}

}  // namespace

std::string_view drop_name(Drop drop) {
  static constexpr std::array<std::string_view, kDropCount> kNames = {
      "",
      "unreadable",
      "no notes",
      "too few notes",
      "too many notes",
      "too many bars",
      "one note over and over",
      "broken meters",
      "too dense",
      "drones",
      "mostly silent",
      "duplicate",
      "near-duplicate",
      "version of a held-out piece"};
  return kNames[static_cast<std::size_t>(drop)];
}

Quality measure_quality(const Score& score, std::size_t max_bars) {
  std::array<std::size_t, 256> of_pitch = {};
  std::vector<std::int64_t> onsets;
  double sounding = 0;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) {
      ++of_pitch[note.pitch % 128u + (track.is_drum ? 128u : 0u)];
      onsets.push_back(note.onset.count);
      if (!track.is_drum) sounding += static_cast<double>(note.duration.count);
    }
  std::sort(onsets.begin(), onsets.end());
  const auto count = static_cast<double>(onsets.size());
  Quality quality;
  quality.top_pitch_share =
      static_cast<double>(*std::max_element(of_pitch.begin(), of_pitch.end())) / count;
  const Tick end = end_of(score);
  sounding /= static_cast<double>(std::max<std::int64_t>(1, end.count - onsets.front()));
  quality.sounding = sounding;
  const TempoMap tempos(score);
  const double seconds = tempos.seconds_at(end) - tempos.seconds_at(Tick{onsets.front()});
  // Of less than a second there is no telling.
  quality.notes_per_second = count / std::max(1.0, seconds);
  measure_bars(score, onsets, max_bars, quality);
  return quality;
}

Drop judge(const Quality& quality, const QualityLimits& limits) {
  if (quality.top_pitch_share > limits.top_pitch_share) return Drop::kOneNote;
  if (quality.cut_bars > kInnocentCuts && quality.cut_share > limits.cut_bars)
    return Drop::kBrokenMeters;
  if (quality.notes_per_second > limits.notes_per_second) return Drop::kTooDense;
  if (quality.sounding > limits.sounding) return Drop::kDrones;
  if (quality.silent_bars > limits.silent_bars) return Drop::kSilence;
  return Drop::kNone;
}

}  // namespace sage
