#include "feel/learn.h"

#include <algorithm>
#include <cmath>

#include "feel/place.h"
#include "score/timeline.h"
#include "statistics/quantiles.h"

namespace sage {
namespace {

constexpr std::size_t kFewest = 20;  // notes of a cell; with less it stays empty
constexpr double kNear = 1.0 / 12;   // of a quarter; a note further off belongs to no slot

struct Sums {
  double count = 0, sum = 0, squares = 0;
  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  double mean() const { return count > 0 ? sum / count : 0; }
  double deviation() const {
    return count > 0 ? std::sqrt(std::max(0.0, squares / count - mean() * mean())) : 0;
  }
};

/// Median and spread that a few notes of another kind (a roll, a triplet) do not move.
struct Middle {
  double median, spread;
};

Middle middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  constexpr double kQuartilesApart = 1.349;  // of a normal distribution, in standard deviations
  return {quantile(values, 0.5),
          (quantile(values, 0.75) - quantile(values, 0.25)) / kQuartilesApart};
}

}  // namespace

std::span<const FeelKind> feel_kinds() {
  static const std::vector<FeelKind> kinds = {
      {"tight", false, {"pop", "punk", "dance", "country"}},
      {"laid-back", false, {"soul", "hiphop", "reggae"}},
      {"swing", true, {"jazz"}},
      {"funk", false, {"funk"}},
      {"rock", false, {"rock"}},
      {"latin", false, {"latin", "afrocuban"}},
  };
  return kinds;
}

void FeelLearner::add(const Score& score) {
  std::vector<Note> drums;
  for (const Track& track : score.tracks)
    if (track.is_drum) drums.insert(drums.end(), track.notes.begin(), track.notes.end());
  if (drums.empty()) return;
  std::sort(drums.begin(), drums.end());
  std::array<Sums, kDrumVoiceCount> loudness;
  for (const Note& note : drums)
    loudness[static_cast<std::size_t>(drum_voice_of(note.pitch))].add(note.velocity);
  const TempoMap tempo(score);
  for (const Note& note : drums) {
    const DrumVoice voice = drum_voice_of(note.pitch);
    const double quarters =
        static_cast<double>(note.onset.count) / static_cast<double>(score.ticks_per_quarter);
    notes_.push_back({std::fmod(quarters, 4.0), tempo.tempo_at(note.onset) / 1e3,
                      note.velocity - loudness[static_cast<std::size_t>(voice)].mean(), voice,
                      performances_});
  }
  ++performances_;
}

/// The median of the onsets between the middle of the quarter and its last sixteenth.
double FeelLearner::offbeat() const {
  if (!swung_) return 0.5;
  std::vector<double> shares;
  for (const Played& note : notes_) {
    const double share = note.quarters - std::floor(note.quarters);
    if (share > 0.45 && share < 0.8) shares.push_back(share);
  }
  std::sort(shares.begin(), shares.end());
  return shares.empty() ? 0.5 : quantile(shares, 0.5);
}

Feel FeelLearner::learn() const {
  Feel feel;
  feel.name = name_;
  feel.offbeat = offbeat();
  feel.performances = performances_;
  struct Placed {
    const Played* note;
    std::size_t voice, slot;
    double late_ms;
  };
  std::vector<Placed> placed;
  std::vector<Sums> whole(static_cast<std::size_t>(performances_));
  for (const Played& note : notes_) {
    const double quarter = std::floor(note.quarters);
    const auto [slot, at] = slot_in_quarter(note.quarters - quarter, feel.offbeat);
    const double late = note.quarters - quarter - at;
    if (std::abs(late) > kNear) continue;
    placed.push_back({&note, static_cast<std::size_t>(note.voice),
                      static_cast<std::size_t>((4 * static_cast<int>(quarter) + slot) % kFeelSlots),
                      late * note.ms_a_quarter});
    whole[static_cast<std::size_t>(note.performance)].add(placed.back().late_ms);
  }
  std::array<std::array<std::vector<double>, kFeelSlots>, kDrumVoiceCount> late;
  std::array<std::array<Sums, kFeelSlots>, kDrumVoiceCount> accent;
  for (Placed& p : placed) {
    p.late_ms -= whole[static_cast<std::size_t>(p.note->performance)].mean();
    late[p.voice][p.slot].push_back(p.late_ms);
    accent[p.voice][p.slot].add(p.note->accent);
  }
  for (std::size_t voice = 0; voice < late.size(); ++voice)
    for (std::size_t slot = 0; slot < late[voice].size(); ++slot) {
      const std::size_t notes = late[voice][slot].size();
      if (notes < kFewest) continue;
      const auto [median, spread] = middle(late[voice][slot]);
      const Sums& loud = accent[voice][slot];
      feel.cells[voice][slot] = {median, spread, loud.mean(), loud.deviation(),
                                 static_cast<int>(notes)};
    }
  // How much of a deviation stays at the next onset.
  double products = 0, squares = 0, before = 0;
  int performance = -1;
  for (const Placed& p : placed) {
    const double rest = p.late_ms - feel.cells[p.voice][p.slot].late_ms;
    if (p.note->performance == performance) {
      products += rest * before;
      squares += before * before;
    }
    before = rest;
    performance = p.note->performance;
  }
  feel.steady = squares > 0 ? std::clamp(products / squares, 0.0, 0.95) : 0;
  return feel;
}

}  // namespace sage
