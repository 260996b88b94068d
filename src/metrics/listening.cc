#include "metrics/listening.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace sage {
namespace {

/// The pitch classes that sound at each step, one bit each.
using Sounding = std::vector<std::uint16_t>;

constexpr unsigned kOctave = 0xfff;

/// The pitch classes a semitone from those of a set.
std::uint16_t neighbours(std::uint16_t classes) {
  const unsigned c = classes;
  return static_cast<std::uint16_t>((c << 1 | c >> 11 | c >> 1 | c << 11) & kOctave);
}

template <class Visit>
void each_step(const Note& note, std::size_t steps, const Visit& visit) {
  const auto limit = static_cast<std::int64_t>(steps);
  const std::int64_t begin = std::max<std::int64_t>(note.onset.count, 0);
  const std::int64_t end = std::min((note.onset + note.duration).count, limit);
  for (std::int64_t step = begin; step < end; ++step) visit(static_cast<std::size_t>(step));
}

/// What sounds at each step beside a note of a program: pitched notes of other instruments.
Sounding beside(int program, const Piece& kept, std::size_t steps) {
  Sounding classes(steps);
  for (const Track& track : kept.score.tracks) {
    if (track.is_drum || track.program_or_drum() == program) continue;
    for (const Note& note : track.notes) {
      const auto bit = static_cast<std::uint16_t>(1U << (note.pitch % 12));
      each_step(note, steps, [&](std::size_t step) { classes[step] |= bit; });
    }
  }
  return classes;
}

/// The lowest pitch that sounds at a time, -1 for none.
int lowest_at(const Piece& piece, Tick time) {
  int lowest = -1;
  for (const Track& track : piece.score.tracks) {
    if (track.is_drum) continue;
    for (const Note& note : track.notes)
      if (note.onset <= time && time < note.onset + note.duration)
        lowest = lowest < 0 ? note.pitch : std::min<int>(lowest, note.pitch);
  }
  return lowest;
}

/// How many notes two pieces have in common, each counted once.
std::size_t common(const Piece& a, const Piece& b, int modulus) {
  using Place = std::tuple<int, std::int64_t, int>;
  std::map<Place, std::size_t> left;
  const auto place = [&](const Track& track, const Note& note) {
    return Place{track.program_or_drum(), note.onset.count,
                 track.is_drum ? note.pitch : note.pitch % modulus};
  };
  for (const Track& track : a.score.tracks)
    for (const Note& note : track.notes) ++left[place(track, note)];
  std::size_t count = 0;
  for (const Track& track : b.score.tracks)
    for (const Note& note : track.notes)
      if (const auto found = left.find(place(track, note));
          found != left.end() && found->second > 0) {
        --found->second;
        ++count;
      }
  return count;
}

}  // namespace

Clash clash(const Piece& fresh, const Piece& kept) {
  const auto steps = static_cast<std::size_t>(std::max<std::int64_t>(fresh.end().count, 1));
  std::array<double, kClashRotations> hits = {};
  Clash out;
  for (const Track& track : fresh.score.tracks) {
    if (track.is_drum || track.notes.empty()) continue;
    const Sounding same = beside(track.program_or_drum(), kept, steps);
    Sounding bad(steps);
    std::transform(same.begin(), same.end(), bad.begin(), neighbours);
    if (std::all_of(bad.begin(), bad.end(), [](std::uint16_t set) { return set == 0; })) continue;
    out.defined = true;
    for (const Note& note : track.notes) {
      const unsigned bit = 1U << (note.pitch % 12);
      each_step(note, steps, [&](std::size_t step) {
        out.time += 1;
        out.doubling += (same[step] & bit) != 0;
        for (std::size_t turn = 0; turn < hits.size(); ++turn)
          hits[turn] += (bad[(step + turn * steps / kClashRotations) % steps] & bit) != 0;
      });
    }
  }
  if (out.time == 0) return {};
  out.clashing = hits[0] / out.time;
  out.doubling /= out.time;
  for (std::size_t turn = 1; turn < hits.size(); ++turn)
    out.rotated += hits[turn] / out.time / (kClashRotations - 1);
  return out;
}

Matches matches(const Piece& written, const Piece& expected) {
  return {note_count(written.score), note_count(expected.score), common(written, expected, 128),
          common(written, expected, 12)};
}

RootShare root_share(const Piece& bass, std::span<const int> roots) {
  RootShare out;
  for (std::size_t bar = 0; bar < std::min(bass.bars.size(), roots.size()); ++bar) {
    for (const std::int64_t half : {0, 1}) {
      const Tick beat = bass.bars[bar].start + Tick{half * (bass.bars[bar].length.count / 2)};
      const int pitch = lowest_at(bass, beat);
      ++out.beats;
      if (pitch < 0) continue;
      out.on_root += pitch % 12 == roots[bar];
      const auto hits = std::count(roots.begin(), roots.end(), pitch % 12);
      out.chance += static_cast<double>(hits) / static_cast<double>(roots.size());
    }
  }
  out.on_root /= static_cast<double>(std::max<std::size_t>(out.beats, 1));
  out.chance /= static_cast<double>(std::max<std::size_t>(out.beats, 1));
  return out;
}

}  // namespace sage
