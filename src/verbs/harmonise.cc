#include "verbs/harmonise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "score/harmony.h"
#include "score/timeline.h"

namespace sage {
namespace {

constexpr int kChords = 24;  // 12 major, then 12 minor triads
constexpr std::array<const char*, 12> kRoots = {"C",  "C#", "D",  "Eb", "E",  "F",
                                                "F#", "G",  "Ab", "A",  "Bb", "B"};
// Weights by hand: a bar whose notes are all chord tones is worth 1.
constexpr double kForeign = 1.5;     // against the share of foreign time
constexpr double kOutOfKey = 0.6;    // against a chord with tones outside the key
constexpr double kTonic = 0.15;      // for the tonic in the first and the last bar
constexpr double kFifth = 0.15;      // for a root that falls by a fifth
constexpr double kStay = 0.1;        // against the chord before
constexpr double kUnlike = 1.2;      // against the chord to be avoided
constexpr double kStrongBeat = 2.0;  // weight of what begins with the bar

using ChordWeights = std::array<double, 12>;  // sounding time by pitch class

std::string name_of(int chord) {
  return std::string(kRoots[static_cast<std::size_t>(chord % 12)]) + (chord < 12 ? "" : "m");
}

PitchClasses tones_of(int chord) {
  PitchClasses tones;
  for (const int step : {0, chord < 12 ? 4 : 3, 7})
    tones.set(static_cast<std::size_t>((chord + step) % 12));
  return tones;
}

std::vector<ChordWeights> weigh(const Score& score, std::span<const std::size_t> tracks,
                                std::span<const Bar> bars) {
  std::vector<ChordWeights> weights(bars.size(), ChordWeights{});
  for (const std::size_t track : tracks) {
    if (score.tracks[track].is_drum) continue;
    for (const Note& note : score.tracks[track].notes)
      for (std::size_t i = 0; i < bars.size(); ++i) {
        const Tick from = std::max(note.onset, bars[i].start);
        const Tick to = std::min(note.onset + note.duration, bars[i].end());
        if (to <= from) continue;
        const double strong = note.onset == bars[i].start ? kStrongBeat : 1;
        weights[i][note.pitch % 12U] += strong * static_cast<double>((to - from).count);
      }
  }
  return weights;
}

/// By the profiles of Krumhansl and Kessler (1982).
PitchClasses estimated_scale(const std::vector<ChordWeights>& bars, int& tonic_chord) {
  static constexpr ChordWeights kMajor = {6.35, 2.23, 3.48, 2.33, 4.38, 4.09,
                                          2.52, 5.19, 2.39, 3.66, 2.29, 2.88};
  static constexpr ChordWeights kMinor = {6.33, 2.68, 3.52, 5.38, 2.60, 3.53,
                                          2.54, 4.75, 3.98, 2.69, 3.34, 3.17};
  ChordWeights sum{};
  for (const ChordWeights& bar : bars)
    for (std::size_t i = 0; i < 12; ++i) sum[i] += bar[i];
  const auto centred = [](ChordWeights values) {
    double mean = 0, square = 0;
    for (const double v : values) mean += v / 12;
    for (double& v : values) square += (v -= mean) * v;
    for (double& v : values) v /= std::sqrt(std::max(square, 1e-12));
    return values;
  };
  const ChordWeights heard = centred(sum), major = centred(kMajor), minor = centred(kMinor);
  double best = -2;
  for (int chord = 0; chord < kChords; ++chord) {
    double fit = 0;
    for (std::size_t i = 0; i < 12; ++i)
      fit += heard[(i + static_cast<std::size_t>(chord)) % 12] * (chord < 12 ? major : minor)[i];
    if (fit <= best) continue;
    best = fit;
    tonic_chord = chord;
  }
  return parse_key(name_of(tonic_chord))->scale;
}

}  // namespace

Result<std::string> harmonise(const Score& score, std::span<const std::size_t> tracks,
                              const HarmoniseOptions& options) {
  auto all = bars_of(score, end_of(score));
  if (!all) return tl::unexpected(all.error());
  const auto count = static_cast<int>(all->size());
  if (options.first_bar < 0 || options.first_bar >= count || options.bars < 0)
    return fail(ErrorCode::kInvalidArgument,
                "the piece has " + std::to_string(count) + " bars, and none of the ones asked for");
  const int last = options.bars == 0 ? count : std::min(count, options.first_bar + options.bars);
  const std::span<const Bar> bars =
      std::span(*all).subspan(static_cast<std::size_t>(options.first_bar),
                              static_cast<std::size_t>(last - options.first_bar));
  const auto weights = weigh(score, tracks, bars);
  if (std::all_of(weights.begin(), weights.end(), [](const ChordWeights& bar) {
        return std::all_of(bar.begin(), bar.end(), [](double w) { return w == 0; });
      }))
    return fail(ErrorCode::kInvalidArgument, "there are no pitched notes to find chords for");
  int tonic = 0;
  PitchClasses scale = estimated_scale(weights, tonic);
  if (!options.key.empty()) {
    const auto key = parse_key(options.key);
    if (!key) return tl::unexpected(key.error());
    scale = key->scale;
    tonic = key->scale.test(static_cast<std::size_t>((key->tonic + 4) % 12)) ? key->tonic
                                                                             : key->tonic + 12;
  }
  Progression unlike;
  if (!options.unlike.empty()) {
    auto parsed = parse_progression(options.unlike);
    if (!parsed) return tl::unexpected(parsed.error());
    unlike = *std::move(parsed);
  }

  const auto fit = [&](std::size_t bar, int chord) {
    const PitchClasses tones = tones_of(chord);
    double inside = 0, all_time = 0;
    for (std::size_t i = 0; i < 12; ++i) {
      all_time += weights[bar][i];
      if (tones.test(i)) inside += weights[bar][i];
    }
    double value = all_time > 0 ? inside / all_time - kForeign * (1 - inside / all_time) : 0;
    if ((tones & ~scale).any()) value -= kOutOfKey;
    if (chord == tonic && (bar == 0 || bar + 1 == bars.size())) value += kTonic;
    if (!unlike.empty())
      for (const Chord& other : unlike[bar % unlike.size()])
        if ((other.tones & tones) == tones) value -= kUnlike;
    return value;
  };
  const auto step = [&](int from, int to) {
    if (from == to) return -kStay;
    return (from - to + 24) % 12 == 7 ? kFifth : 0.0;
  };

  std::vector<std::array<double, kChords>> value(bars.size());
  std::vector<std::array<int, kChords>> before(bars.size());
  for (std::size_t bar = 0; bar < bars.size(); ++bar)
    for (int chord = 0; chord < kChords; ++chord) {
      const auto at = static_cast<std::size_t>(chord);
      double best = bar == 0 ? 0 : -std::numeric_limits<double>::infinity();
      for (int from = 0; bar > 0 && from < kChords; ++from) {
        const double path = value[bar - 1][static_cast<std::size_t>(from)] + step(from, chord);
        if (path > best) {
          best = path;
          before[bar][at] = from;
        }
      }
      value[bar][at] = best + fit(bar, chord);
    }
  std::vector<int> path(bars.size());
  const auto& ends = value.back();
  path.back() = static_cast<int>(std::max_element(ends.begin(), ends.end()) - ends.begin());
  for (std::size_t bar = bars.size() - 1; bar > 0; --bar)
    path[bar - 1] = before[bar][static_cast<std::size_t>(path[bar])];
  std::string text;
  for (const int chord : path) text += (text.empty() ? "" : " | ") + name_of(chord);
  return text;
}

}  // namespace sage
