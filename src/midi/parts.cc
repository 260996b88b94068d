#include "midi/parts.h"

#include <cassert>

namespace sage::midi {

Parts::Part& Parts::current_part(int channel) {
  Channel& state = channels_[channel];
  if (state.part == kNone) {
    std::uint32_t& part = part_of(channel, state.program);
    if (part == kNone) {
      part = static_cast<std::uint32_t>(parts_.size());
      parts_.push_back({static_cast<std::uint8_t>(channel), state.program});
    }
    state.part = part;
  }
  return parts_[state.part];
}

void Parts::note_on(Tick time, int channel, std::uint8_t pitch, std::uint8_t velocity) {
  ++current_part(channel).notes;
  const auto index = static_cast<std::uint32_t>(notes_.size());
  notes_.push_back({time, Tick{kNone}, channels_[channel].part, pitch, velocity});
  Slot& slot = open_[channel * 128 + pitch];
  if (slot.head == kNone)
    slot.head = index;
  else
    notes_[slot.tail].duration.count = index;
  slot.tail = index;
  ++open_count_;
}

void Parts::note_off(Tick time, int channel, std::uint8_t pitch) {
  Slot& slot = open_[channel * 128 + pitch];
  if (slot.head == kNone) {
    ++orphans_;
    return;
  }
  StagedNote& note = notes_[slot.head];
  slot.head = static_cast<std::uint32_t>(note.duration.count);
  note.duration = time - note.onset;
  --open_count_;
}

void Parts::program(int channel, std::uint8_t program) {
  Channel& state = channels_[channel];
  state.program = program;
  state.program_set = true;
  if (state.part == kNone) return;
  Part& part = parts_[state.part];
  if (part.program == program) return;
  const std::uint32_t target = part_of(channel, program);
  if (part.notes > 0) {
    state.last_noted = state.part;
    state.part = target;  // may be none: the next event makes it
    return;
  }
  // No note has used the old program, so what came since belongs to the new one.
  part_of(channel, part.program) = kNone;
  if (target == kNone) {
    part.program = program;
    part_of(channel, program) = state.part;
  } else {
    merge(state.part, target);
    state.part = target;
  }
}

void Parts::event(EventKind kind, Tick time, int channel, std::uint8_t first, std::uint8_t second) {
  ++current_part(channel).events[static_cast<std::size_t>(kind)];
  events_.push_back({time, channels_[channel].part, kind, first, second});
}

void Parts::merge(std::uint32_t from, std::uint32_t into) {
  assert(parts_[from].notes == 0 && parts_[into].merged_into == kNone);
  parts_[from].merged_into = into;
  for (std::size_t kind = 0; kind < parts_[from].events.size(); ++kind)
    parts_[into].events[kind] += parts_[from].events[kind];
}

std::size_t Parts::end_open_notes(Tick end) {
  const std::size_t hanging = open_count_;
  if (hanging == 0) return 0;
  for (Slot& slot : open_)
    while (slot.head != kNone) {
      StagedNote& note = notes_[slot.head];
      slot.head = static_cast<std::uint32_t>(note.duration.count);
      note.duration = end - note.onset;
    }
  open_count_ = 0;
  return hanging;
}

/// Gives events after a channel's last note to the part of that note, and forgets the parts; only
/// the program of a channel that was set up here without playing stays for the next chunk.
void Parts::settle_channels() {
  for (Channel& channel : channels_) {
    const bool silent = channel.part != kNone && parts_[channel.part].notes == 0;
    if (silent && channel.last_noted != kNone) merge(channel.part, channel.last_noted);
    const bool played = channel.last_noted != kNone || (channel.part != kNone && !silent);
    const bool keeps_program = channel.program_set && !played;
    const std::uint8_t program = keeps_program ? channel.program : channel.inherited;
    channel = Channel{.program = program, .inherited = program};
  }
  for (const Part& part : parts_) part_of(part.channel, part.program) = kNone;
}

Parts::Report Parts::finish(Tick end, Score& score) {
  Report report{.hanging = end_open_notes(end), .orphans = orphans_};
  settle_channels();

  // Where each part's events go; tracks come by channel, then by first appearance.
  const std::size_t first_track = score.tracks.size();
  std::vector<std::uint32_t> track_of(parts_.size());
  for (int channel = 0; channel < kChannels; ++channel)
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const Part& part = parts_[i];
      if (part.channel != channel || part.merged_into != kNone) continue;
      track_of[i] = static_cast<std::uint32_t>(score.tracks.size());
      Track& track = score.tracks.emplace_back();
      track.program = part.program;
      track.is_drum = channel == kDrumChannel;
      track.notes.reserve(part.notes);
      track.controls.reserve(part.events[static_cast<std::size_t>(EventKind::kControl)]);
      track.bends.reserve(part.events[static_cast<std::size_t>(EventKind::kBend)]);
      track.pressures.reserve(part.events[static_cast<std::size_t>(EventKind::kPressure)]);
    }
  report.tracks = score.tracks.size() - first_track;

  for (const StagedNote& note : notes_)
    score.tracks[track_of[owner(note.part)]].notes.push_back(
        {note.onset, note.duration, note.pitch, note.velocity});
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
  events_.clear();
  parts_.clear();
  orphans_ = 0;
  return report;
}

}  // namespace sage::midi
