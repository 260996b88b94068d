#include "score/transform.h"

#include <algorithm>
#include <vector>

namespace sage {
namespace {

/// By time only, and stable: the order of events at one tick carries meaning (bank select, then the
/// fine bank; a parameter number, then its value).
template <class Event>
void sort_by_time(std::vector<Event>& events) {
  const auto earlier = [](const Event& a, const Event& b) { return a.time < b.time; };
  if (!std::is_sorted(events.begin(), events.end(), earlier))
    std::stable_sort(events.begin(), events.end(), earlier);
}

/// Notes usually come in order of time, so only the chords need sorting.
void sort_notes(std::vector<Note>& notes) {
  const auto earlier = [](const Note& a, const Note& b) { return a.onset < b.onset; };
  if (!std::is_sorted(notes.begin(), notes.end(), earlier)) {
    std::sort(notes.begin(), notes.end());
    return;
  }
  for (auto chord = notes.begin(); chord != notes.end();) {
    auto next = chord + 1;
    while (next != notes.end() && next->onset == chord->onset) ++next;
    if (next - chord > 1) std::sort(chord, next);
    chord = next;
  }
}

/// Of several changes at one tick keeps the last. The events are sorted.
template <class Event>
void keep_last_at_each_tick(std::vector<Event>& events) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < events.size(); ++i)
    if (i + 1 == events.size() || events[i].time != events[i + 1].time) events[kept++] = events[i];
  events.resize(kept);
}

template <class Event>
std::vector<Event> slice_events(const std::vector<Event>& events, Tick begin, Tick end) {
  std::vector<Event> part;
  for (const Event& event : events)
    if (event.time >= begin && event.time < end) {
      part.push_back(event);
      part.back().time = event.time - begin;
    }
  return part;
}

/// As slice_events, led by the event in force at `begin`. The events are sorted.
template <class Event>
std::vector<Event> slice_state(const std::vector<Event>& events, Tick begin, Tick end) {
  std::vector<Event> part = slice_events(events, begin, end);
  const auto after = std::upper_bound(events.begin(), events.end(), begin,
                                      [](Tick t, const Event& e) { return t < e.time; });
  if (after != events.begin() && (after - 1)->time < begin) {
    part.insert(part.begin(), *(after - 1));
    part.front().time = Tick{0};
  }
  return part;
}

/// The key `semitones` higher: seven fifths a semitone, with at most six sharps or five flats.
std::int8_t transposed_key(int sharps, int semitones) {
  if (semitones % 12 == 0) return static_cast<std::int8_t>(sharps);
  const int fifths = ((sharps + 7 * (semitones % 12)) % 12 + 12 + 5) % 12 - 5;
  return static_cast<std::int8_t>(fifths);
}

std::uint8_t transposed_pitch(int pitch, int semitones) {
  int moved = pitch + semitones;
  if (moved < 0) moved += (-moved + 11) / 12 * 12;
  if (moved > 127) moved -= (moved - 127 + 11) / 12 * 12;
  return static_cast<std::uint8_t>(moved);
}

}  // namespace

void normalise(Score& score) {
  for (Track& track : score.tracks) {
    sort_notes(track.notes);
    sort_by_time(track.controls);
    sort_by_time(track.bends);
    sort_by_time(track.pressures);
  }
  sort_by_time(score.tempos);
  keep_last_at_each_tick(score.tempos);
  sort_by_time(score.meters);
  keep_last_at_each_tick(score.meters);
  sort_by_time(score.keys);
  keep_last_at_each_tick(score.keys);
  sort_by_time(score.texts);
}

void transpose(Score& score, int semitones) {
  for (Track& track : score.tracks) {
    if (track.is_drum) continue;
    for (Note& note : track.notes) note.pitch = transposed_pitch(note.pitch, semitones);
    for (Pressure& pressure : track.pressures)
      if (pressure.pitch != Pressure::kWholeChannel)
        pressure.pitch = transposed_pitch(pressure.pitch, semitones);
    sort_notes(track.notes);  // notes moved back by octaves may have changed places
  }
  for (KeySignature& key : score.keys) key.sharps = transposed_key(key.sharps, semitones);
}

Score slice(const Score& score, Tick begin, Tick end, bool cut_notes) {
  Score part;
  part.ticks_per_quarter = score.ticks_per_quarter;
  part.tempos = slice_state(score.tempos, begin, end);
  part.meters = slice_state(score.meters, begin, end);
  part.keys = slice_state(score.keys, begin, end);
  part.texts = slice_events(score.texts, begin, end);
  for (const Track& track : score.tracks) {
    Track& out = part.tracks.emplace_back();
    out.name = track.name;
    out.program = track.program;
    out.is_drum = track.is_drum;
    out.controls = slice_events(track.controls, begin, end);
    out.bends = slice_events(track.bends, begin, end);
    out.pressures = slice_events(track.pressures, begin, end);
    for (Note note : track.notes) {
      if (note.onset < begin || note.onset >= end) continue;
      if (cut_notes) note.duration = std::min(note.duration, end - note.onset);
      note.onset = note.onset - begin;
      out.notes.push_back(note);
    }
  }
  return part;
}

}  // namespace sage
