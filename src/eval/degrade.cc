#include "eval/degrade.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/random.h"
#include "score/timeline.h"
#include "score/transform.h"

namespace sage {
namespace {

/// Calls edit(note, track) for every note that begins at `from` or later.
template <class Edit>
Score edited(Score score, Tick from, const Edit& edit) {
  for (Track& track : score.tracks)
    for (Note& note : track.notes)
      if (note.onset >= from) edit(note, track);
  normalise(score);
  return score;
}

Score identity(const Score& score, Tick, std::uint64_t) { return score; }

/// One to eleven semitones up, in octaves that a piano has.
Score transposed(const Score& score, Tick from, std::uint64_t seed) {
  const int semitones = 1 + static_cast<int>(Random(seed).below(11));
  return edited(score, from, [&](Note& note, const Track& track) {
    if (track.is_drum) return;
    const int up = note.pitch + semitones;
    note.pitch = static_cast<std::uint8_t>(up > 108 ? up - 12 : up);
  });
}

/// Bars of one length change places; what begins in a bar moves with it.
Score shuffled_bars(const Score& score, Tick from, std::uint64_t seed) {
  const auto bars = bars_of(score, end_of(score));
  if (!bars) return score;
  std::map<Tick, std::vector<std::size_t>> by_length;
  for (std::size_t i = 0; i < bars->size(); ++i)
    if ((*bars)[i].start >= from) by_length[(*bars)[i].length].push_back(i);
  std::vector<Tick> moved(bars->size());
  for (std::size_t i = 0; i < bars->size(); ++i) moved[i] = (*bars)[i].start;
  Random random(seed);
  for (auto& [length, places] : by_length) {
    std::vector<std::size_t> order = places;
    for (std::size_t i = order.size(); i-- > 1;)
      std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
    for (std::size_t i = 0; i < places.size(); ++i) moved[places[i]] = (*bars)[order[i]].start;
  }
  return edited(score, from, [&](Note& note, const Track&) {
    const auto after = std::upper_bound(bars->begin(), bars->end(), note.onset,
                                        [](Tick t, const Bar& bar) { return t < bar.start; });
    const auto bar = static_cast<std::size_t>(after - bars->begin()) - 1;
    note.onset = moved[bar] + (note.onset - (*bars)[bar].start);
  });
}

/// Every onset up to a sixteenth too late.
Score jittered(const Score& score, Tick from, std::uint64_t seed) {
  Random random(seed);
  const auto sixteenth = static_cast<std::uint32_t>(std::max(score.ticks_per_quarter / 4, 1));
  return edited(score, from,
                [&](Note& note, const Track&) { note.onset += Tick{random.below(sixteenth + 1)}; });
}

/// Without three notes of ten.
Score thinned(const Score& score, Tick from, std::uint64_t seed) {
  Random random(seed);
  Score out = score;
  for (Track& track : out.tracks)
    std::erase_if(track.notes,
                  [&](const Note& note) { return note.onset >= from && random.uniform() < 0.3; });
  return out;
}

/// Any pitch in two octaves around the one that was there.
Score random_pitches(const Score& score, Tick from, std::uint64_t seed) {
  Random random(seed);
  return edited(score, from, [&](Note& note, const Track& track) {
    if (track.is_drum) return;
    const int pitch = note.pitch + static_cast<int>(random.below(25)) - 12;
    note.pitch = static_cast<std::uint8_t>(std::clamp(pitch, 0, 127));
  });
}

constexpr Degradation kDegradations[] = {
    {"identity", "nothing changed", identity},
    {"transposed", "1 to 11 semitones up", transposed},
    {"shuffled_bars", "bars in random order", shuffled_bars},
    {"jittered", "every onset up to a sixteenth late", jittered},
    {"thinned", "three notes of ten left out", thinned},
    {"random_pitches", "pitches random within an octave", random_pitches},
};

}  // namespace

std::span<const Degradation> degradations() { return kDegradations; }

Result<Score> degrade(const Score& score, const Degradation& how, std::size_t skip_bars,
                      std::uint64_t seed) {
  const auto bars = bars_of(score, end_of(score));
  if (!bars) return tl::unexpected(bars.error());
  const Tick from = skip_bars < bars->size() ? (*bars)[skip_bars].start : bars->back().end();
  return how.apply(score, from, seed);
}

}  // namespace sage
