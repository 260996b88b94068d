#include "midi/staging.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "midi/instruments.h"

namespace sage::midi {

Staging::StagedPart& Staging::current_part(int channel) {
  Channel& state = channels_[channel];
  if (state.changed) [[unlikely]]
    change_part(channel, state);
  return parts_[state.part];
}

/// Makes the part of a channel's present instrument the current one.
void Staging::change_part(int channel, Channel& state) {
  state.changed = false;
  std::uint32_t& target = part_of(channel, state.instrument);
  if (state.part != kNone && state.part != target) {
    StagedPart& part = parts_[state.part];
    if (part.notes > 0) {
      state.last_noted = state.part;
    } else if (target == kNone) {
      // No note has used the old instrument, so what came since belongs to the new one.
      part_of(channel, part.instrument) = kNone;
      part.instrument = state.instrument;
      target = state.part;
    } else {
      part_of(channel, part.instrument) = kNone;
      merge(state.part, target);
    }
  }
  if (target == kNone) {
    target = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back({port_, static_cast<std::uint8_t>(channel), state.instrument});
  }
  state.part = target;
  if (parts_[target].notes == 0) parts_[target].instrument = state.instrument;
}

void Staging::note_on(Tick time, int channel, std::uint8_t pitch, std::uint8_t velocity,
                      std::uint32_t event) {
  ++current_part(channel).notes;
  const auto index = static_cast<std::uint32_t>(notes_.size());
  notes_.push_back({time, Tick{kNone}, channels_[channel].part, pitch, velocity});
  if (linked_) links_.push_back({event, NoteEvents::kNone});
  Slot& slot = open_[channel * 128 + pitch];
  if (slot.head == kNone)
    slot.head = index;
  else
    notes_[slot.tail].duration.count = index;
  slot.tail = index;
  ++open_count_;
}

void Staging::note_off(Tick time, int channel, std::uint8_t pitch, std::uint32_t event) {
  Slot& slot = open_[channel * 128 + pitch];
  if (slot.head == kNone) {
    ++orphans_;
    return;
  }
  StagedNote& note = notes_[slot.head];
  if (linked_) links_[slot.head].off = event;
  slot.head = static_cast<std::uint32_t>(note.duration.count);
  note.duration = time - note.onset;
  --open_count_;
}

void Staging::silence(Tick time, int channel) {
  if (open_count_ == 0) return;
  for (int pitch = 0; pitch < 128; ++pitch)
    for (Slot& slot = open_[channel * 128 + pitch]; slot.head != kNone; --open_count_) {
      StagedNote& note = notes_[slot.head];
      slot.head = static_cast<std::uint32_t>(note.duration.count);
      note.duration = time - note.onset;
    }
}

std::array<Staging::Channel, kChannels> Staging::initial_channels() {
  std::array<Channel, kChannels> channels;
  for (int i = 0; i < kChannels; ++i)
    channels[static_cast<std::size_t>(i)].instrument = Instruments::initial(i);
  return channels;
}

void Staging::port(std::uint8_t port) {
  if (port == port_) return;
  settle_channels();
  port_ = port;
}

void Staging::event(EventKind kind, Tick time, int channel, std::uint8_t first,
                    std::uint8_t second) {
  ++current_part(channel).events[static_cast<std::size_t>(kind)];
  events_.push_back({time, channels_[channel].part, kind, first, second});
}

void Staging::merge(std::uint32_t from, std::uint32_t into) {
  assert(parts_[from].notes == 0 && parts_[into].merged_into == kNone);
  parts_[from].merged_into = into;
  for (std::size_t kind = 0; kind < parts_[from].events.size(); ++kind)
    parts_[into].events[kind] += parts_[from].events[kind];
}

/// Ends what is never released, and returns how many notes that are.
std::size_t Staging::end_open_notes(Tick end) {
  const std::size_t hanging = open_count_;
  if (hanging == 0) return 0;
  // The notes of each channel and pitch that has open ones, and how many those are.
  struct Key {
    std::vector<std::uint32_t> notes;
    std::size_t hanging = 0;
  };
  std::map<std::size_t, Key> keys;
  for (std::size_t slot = 0; slot < open_.size(); ++slot)
    for (std::uint32_t& head = open_[slot].head; head != kNone; ++keys[slot].hanging)
      head = static_cast<std::uint32_t>(notes_[head].duration.count);
  open_count_ = 0;
  for (std::uint32_t i = 0; i < notes_.size(); ++i) {
    const auto key = keys.find(parts_[notes_[i].part].channel * std::size_t{128} + notes_[i].pitch);
    if (key != keys.end()) key->second.notes.push_back(i);
  }
  for (const auto& [slot, key] : keys) pair_again(key.notes, key.hanging, end);
  return hanging;
}

/// Pairs notes of one channel and pitch of which the last `hanging` found no release. Where
/// releases are missing, first in, first out would give each later note the release of another. So
/// from where the first of the open notes, or one that it overlaps, begins, a note ends where its
/// key is struck again.
void Staging::pair_again(const std::vector<std::uint32_t>& notes, std::size_t hanging, Tick end) {
  const auto release = [&](std::size_t i) {
    return notes_[notes[i]].onset + notes_[notes[i]].duration;
  };
  const std::size_t released = notes.size() - hanging;
  std::size_t first = released;
  while (first > 0 && release(first - 1) > notes_[notes[first]].onset) --first;
  std::vector<std::pair<Tick, std::uint32_t>> releases;  // and the events
  for (std::size_t i = first; i < released; ++i)
    releases.push_back({release(i), linked_ ? links_[notes[i]].off : NoteEvents::kNone});
  auto next = releases.begin();
  for (std::size_t i = first; i < notes.size(); ++i) {
    StagedNote& note = notes_[notes[i]];
    Tick note_end = i + 1 < notes.size() ? notes_[notes[i + 1]].onset : end;
    std::uint32_t off = NoteEvents::kNone;
    while (next != releases.end() && next->first <= note.onset) ++next;
    if (next != releases.end() && next->first <= note_end) std::tie(note_end, off) = *next++;
    note.duration = note_end - note.onset;
    if (linked_) links_[notes[i]].off = off;
  }
}

/// Gives events after a channel's last note to the part of that note, and forgets the parts.
void Staging::settle_channels() {
  for (Channel& channel : channels_)
    if (channel.part != kNone && parts_[channel.part].notes == 0 && channel.last_noted != kNone)
      merge(channel.part, channel.last_noted);
  channels_ = initial_channels();
  for (const StagedPart& part : parts_) part_of(part.channel, part.instrument) = kNone;
}

Staging::Report Staging::finish(Tick end, Score& score, std::vector<Part>& parts,
                                std::vector<std::vector<NoteEvents>>& links) {
  Report report{.hanging = end_open_notes(end), .orphans = orphans_};
  settle_channels();

  // Tracks come by port and channel, then by first appearance.
  const std::size_t first_track = score.tracks.size();
  std::vector<std::uint32_t> order(parts_.size()), track_of(parts_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(parts_[a].port, parts_[a].channel) <
           std::pair(parts_[b].port, parts_[b].channel);
  });
  for (const std::uint32_t i : order) {
    const StagedPart& part = parts_[i];
    if (part.merged_into != kNone) continue;
    track_of[i] = static_cast<std::uint32_t>(score.tracks.size());
    parts.push_back({track_, part.port, part.channel, part.instrument});
    Track& track = score.tracks.emplace_back();
    track.program = part.instrument.program;
    track.is_drum = part.instrument.is_drum;
    track.notes.reserve(part.notes);
    if (linked_) links.emplace_back().reserve(part.notes);
    track.controls.reserve(part.events[static_cast<std::size_t>(EventKind::kControl)]);
    track.bends.reserve(part.events[static_cast<std::size_t>(EventKind::kBend)]);
    track.pressures.reserve(part.events[static_cast<std::size_t>(EventKind::kPressure)]);
  }
  report.tracks = score.tracks.size() - first_track;

  for (const StagedNote& note : notes_)
    score.tracks[track_of[owner(note.part)]].notes.push_back(
        {note.onset, note.duration, note.pitch, note.velocity});
  for (std::size_t i = 0; i < links_.size(); ++i)
    links[track_of[owner(notes_[i].part)]].push_back(links_[i]);
  for (const StagedEvent& event : events_) {
    Track& track = score.tracks[track_of[owner(event.part)]];
    if (event.kind == EventKind::kControl)
      track.controls.push_back({event.time, event.first, event.second});
    else if (event.kind == EventKind::kBend)
      track.bends.push_back(
          {event.time, static_cast<std::int16_t>((event.second << 7 | event.first) - 8192)});
    else
      track.pressures.push_back({event.time, event.first, event.second});
  }
  notes_.clear();
  links_.clear();
  events_.clear();
  parts_.clear();
  orphans_ = 0;
  port_ = 0;
  return report;
}

}  // namespace sage::midi
