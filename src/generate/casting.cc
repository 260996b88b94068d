#include "generate/casting.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>

namespace sage {
namespace {

using Taken = std::bitset<kProgramCount>;

/// The nearest program that nobody has, of the family first; -1 if there is none.
int stand_in(int program, const Taken& taken) {
  int best = -1;
  const auto distance = [&](int other) {
    return std::abs(other - program) + (other / 8 == program / 8 ? 0 : kProgramCount);
  };
  for (int other = 0; other < kDrumProgram; ++other)
    if (!taken[static_cast<std::size_t>(other)] && (best < 0 || distance(other) < distance(best)))
      best = other;
  return best;
}

bool contains(std::span<const std::size_t> sorted, std::size_t i) {
  return std::binary_search(sorted.begin(), sorted.end(), i);
}

}  // namespace

Casting cast_parts(const Score& score, std::span<const std::size_t> written,
                   std::span<const int> added) {
  const auto& tracks = score.tracks;
  Casting casting;
  Taken taken, named, to_write;
  for (const Track& track : tracks) {
    casting.programs.push_back(track.program_or_drum());
    taken.set(static_cast<std::size_t>(track.program_or_drum()));
  }
  for (const int program : added) taken.set(static_cast<std::size_t>(program));
  for (const std::size_t i : written)
    to_write.set(static_cast<std::size_t>(tracks[i].program_or_drum()));
  for (const int program : added) to_write.set(static_cast<std::size_t>(program));
  // The first part of a program that is written keeps it. Where no part of a program is written,
  // its parts share it, as they did in training.
  const auto choose = [&](int program) {
    if (program == kDrumProgram || !to_write[static_cast<std::size_t>(program)]) return program;
    if (!named[static_cast<std::size_t>(program)]) {
      named.set(static_cast<std::size_t>(program));
      return program;
    }
    const int other = stand_in(program, taken);
    if (other < 0) return program;
    taken.set(static_cast<std::size_t>(other));
    return other;
  };
  for (const std::size_t i : written) casting.programs[i] = choose(casting.programs[i]);
  for (const int program : added) casting.added.push_back(choose(program));
  for (std::size_t i = 0; i < tracks.size(); ++i)
    if (!contains(written, i) && !tracks[i].notes.empty())
      casting.programs[i] = choose(casting.programs[i]);
  return casting;
}

Casting cast_apart(const Score& score) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (!score.tracks[i].notes.empty()) all.push_back(i);
  return cast_parts(score, all, {});
}

Score as_cast(const Score& score, const Casting& casting) {
  Score cast = score;
  for (std::size_t i = 0; i < cast.tracks.size(); ++i) {
    Track& track = cast.tracks[i];
    if (!track.is_drum) track.program = static_cast<std::uint8_t>(casting.programs[i]);
  }
  return cast;
}

std::vector<Note> notes_for(std::size_t part, const Score& score, const Casting& casting,
                            std::span<const std::size_t> written, std::span<const Note> notes) {
  std::vector<Note> all(notes.begin(), notes.end());
  if (part >= score.tracks.size() || casting.programs[part] != kDrumProgram) return all;
  std::vector<std::size_t> drums;
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (score.tracks[i].is_drum && (contains(written, i) || !score.tracks[i].notes.empty()))
      drums.push_back(i);
  if (drums.size() < 2) return all;
  std::vector<std::array<std::size_t, 128>> played(drums.size());
  std::size_t busiest = 0, most = 0;
  for (std::size_t d = 0; d < drums.size(); ++d) {
    const auto& own = score.tracks[drums[d]].notes;
    for (const Note& note : own) ++played[d][note.pitch & 0x7f];
    if (contains(written, drums[d]) && own.size() + 1 > most) {
      most = own.size() + 1;
      busiest = d;
    }
  }
  std::erase_if(all, [&](const Note& note) {
    std::size_t owner = busiest, times = 0;
    for (std::size_t d = 0; d < drums.size(); ++d)
      if (const std::size_t n = played[d][note.pitch & 0x7f]; n > times) {
        times = n;
        owner = d;
      }
    return drums[owner] != part;
  });
  return all;
}

std::vector<Note> notes_of(const Score& score, int program, int ticks_per_quarter) {
  const auto place = [&](Tick t) {
    return Tick{rescale(t.count, score.ticks_per_quarter, ticks_per_quarter)};
  };
  std::vector<Note> notes;
  for (const Track& track : score.tracks)
    if (track.program_or_drum() == program)
      for (const Note& note : track.notes)
        notes.push_back({place(note.onset), place(note.onset + note.duration) - place(note.onset),
                         note.pitch, note.velocity});
  return notes;
}

}  // namespace sage
