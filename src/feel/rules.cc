#include "feel/rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "base/normal.h"
#include "base/random.h"
#include "score/loudness.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr int kPhraseBars = 4;
constexpr int kSoftest = 12, kLoudest = 124;

// In steps of velocity, at weight 1.
constexpr std::array kMetre = {5.0, 3.0, 1.0, -2.0, -4.0};  // by Strength
constexpr double kArch = 20, kOctave = 4, kMelody = 5, kAccompaniment = -6;
constexpr double kDrift = 5, kTouch = 3;  // standard deviations
constexpr double kDriftStays = 0.7;       // from bar to bar

enum Strength : std::uint8_t { kDownbeat, kHalfBar, kBeat, kOffBeat, kWeaker };

/// How strong a place in a bar is, `ticks` after the bar line.
Strength strength_at(std::int64_t ticks, const Bar& bar, int ticks_per_quarter) {
  if (ticks == 0) return kDownbeat;
  const std::int64_t unit = std::int64_t{4} * ticks_per_quarter / bar.meter.denominator;
  const bool compound = bar.meter.denominator >= 8 && bar.meter.numerator % 3 == 0;
  const std::int64_t beat = std::max<std::int64_t>(1, compound ? 3 * unit : unit);
  if (ticks % beat != 0)
    return ticks % std::max<std::int64_t>(1, compound ? unit : unit / 2) == 0 ? kOffBeat : kWeaker;
  const std::int64_t beats = bar.length.count / beat;
  return beats % 2 == 0 && ticks == bar.length.count / 2 ? kHalfBar : kBeat;
}

/// A note of any pitched part.
struct Sounding {
  Note* note;
  std::size_t track;
  bool melody = false;  // nothing above it sounds at its onset
};

std::vector<Sounding> pitched_notes(Score& score) {
  std::vector<Sounding> notes;
  for (std::size_t t = 0; t < score.tracks.size(); ++t)
    if (!score.tracks[t].is_drum)
      for (Note& note : score.tracks[t].notes) notes.push_back({&note, t});
  std::stable_sort(notes.begin(), notes.end(), [](const Sounding& a, const Sounding& b) {
    return a.note->onset < b.note->onset;
  });
  return notes;
}

void find_melody(std::span<Sounding> notes) {
  std::array<std::int64_t, 128> end_of = {};  // of the last note of each pitch
  for (std::size_t i = 0; i < notes.size();) {
    const std::int64_t now = notes[i].note->onset.count;
    std::size_t next = i;
    for (; next < notes.size() && notes[next].note->onset.count == now; ++next) {
      std::int64_t& end = end_of[notes[next].note->pitch & 127];
      end = std::max({end, now + notes[next].note->duration.count, now + 1});
    }
    int top = 127;
    while (top > 0 && end_of[static_cast<std::size_t>(top)] <= now) --top;
    for (; i < next; ++i) notes[i].melody = notes[i].note->pitch == top;
  }
}

double mean_pitch(const Track& track) {
  double sum = 0;
  for (const Note& note : track.notes) sum += note.pitch;
  return sum / static_cast<double>(std::max<std::size_t>(1, track.notes.size()));
}

/// From -2/3 at the ends of a phrase to 1/3 in its middle; mean 0.
double arch_at(Tick time, std::span<const Bar> bars, std::size_t bar, std::size_t first_bar) {
  const std::size_t begin = bar - (bar - first_bar) % kPhraseBars;
  const std::size_t last = std::min(begin + kPhraseBars, bars.size()) - 1;
  const double x = static_cast<double>((time - bars[begin].start).count) /
                   static_cast<double>((bars[last].end() - bars[begin].start).count);
  return 4 * x * (1 - x) - 2.0 / 3;
}

}  // namespace

void perform_by_rules(Score& score, std::uint64_t seed, const KeptNotes& kept, Tick until) {
  std::vector<bool> flat;
  std::vector<double> centre;
  for (const Track& track : score.tracks) {
    flat.push_back(!track.is_drum && has_flat_velocities(kept.rest_of(track)));
    centre.push_back(mean_pitch(track));
  }
  if (std::find(flat.begin(), flat.end(), true) == flat.end()) return;
  std::vector<Sounding> notes = pitched_notes(score);
  if (notes.empty()) return;
  const auto bars = bars_of(score, std::max(until, notes.back().note->onset + Tick{1}));
  if (!bars) return;
  find_melody(notes);

  Random random(seed);
  const auto weight = [&] { return 0.5 + random.uniform(); };
  const double metre = weight(), arch = weight(), high = weight(), melody = weight();
  const double varied = weight();
  const std::optional<double> level = kept.loudness();
  std::size_t bar = 0, first_bar = bars->size();
  double drift = 0;
  for (const Sounding& sounding : notes) {
    Note& note = *sounding.note;
    for (; bar + 1 < bars->size() && (*bars)[bar].end() <= note.onset; ++bar)
      drift = kDriftStays * drift +
              std::sqrt(1 - kDriftStays * kDriftStays) * kDrift * standard_normal(random);
    first_bar = std::min(first_bar, bar);
    const double touch = kTouch * standard_normal(random);
    if (!flat[sounding.track] || kept.has(score.tracks[sounding.track], note)) continue;
    const Bar& in = (*bars)[bar];
    const auto place = strength_at((note.onset - in.start).count, in, score.ticks_per_quarter);
    const double octaves = std::clamp((note.pitch - centre[sounding.track]) / 12, -2.0, 2.0);
    const double louder =
        metre * kMetre[place] + arch * kArch * arch_at(note.onset, *bars, bar, first_bar) +
        high * kOctave * octaves + melody * (sounding.melody ? kMelody : kAccompaniment) +
        varied * (drift + touch);
    note.velocity = static_cast<std::uint8_t>(std::clamp(
        static_cast<int>(std::lround(level.value_or(note.velocity) + louder)), kSoftest, kLoudest));
  }
}

}  // namespace sage
