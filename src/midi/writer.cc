#include "midi/writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <tuple>

#include "base/file.h"
#include "midi/channels.h"
#include "midi/chunk_writer.h"
#include "score/transform.h"

namespace sage {
namespace midi {
namespace {

constexpr std::uint8_t seven_bits(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 127));
}

/// What comes first among the events of one tick. Notes that end make room for those that begin,
/// and a note of no length begins and ends before longer ones begin, as first-in-first-out pairing
/// needs.
enum class Rank : std::uint8_t {
  kMeta,
  kNoteOff,
  kControl,
  kBend,
  kPressure,
  kProgram,
  kShortNoteOn,
  kShortNoteOff,
  kNoteOn,
};

struct ChannelEvent {
  Tick time;
  Rank rank;
  std::uint8_t status;
  std::uint8_t first;
  std::uint8_t second;
};

/// A track's events in the order in which they are written.
std::vector<ChannelEvent> channel_events(const Track& track, const ChannelChoice& choice) {
  std::vector<ChannelEvent> events;
  events.reserve(1 + 2 * track.notes.size() + track.controls.size() + track.bends.size() +
                 track.pressures.size());
  const auto add = [&](Tick time, Rank rank, int type, int first, int second) {
    events.push_back({time, rank, static_cast<std::uint8_t>(type | choice.channel),
                      seven_bits(first), seven_bits(second)});
  };
  add(Tick{0}, Rank::kMeta, 0xc0, track.program, 0);
  // A track without notes says its program again before whatever it has.
  const bool repeats = choice.shares_programs && track.notes.empty();
  const auto again = [&](Tick time) {
    if (repeats) add(time, Rank::kMeta, 0xc0, track.program, 0);
  };
  for (const Control& control : track.controls) {
    again(control.time);
    add(control.time, Rank::kControl, 0xb0, control.number, control.value);
  }
  for (const PitchBend& bend : track.bends) {
    again(bend.time);
    const int value = std::clamp<int>(bend.value, -8192, 8191) + 8192;
    add(bend.time, Rank::kBend, 0xe0, value & 0x7f, value >> 7);
  }
  for (const Pressure& pressure : track.pressures) {
    again(pressure.time);
    if (pressure.pitch == Pressure::kWholeChannel)
      add(pressure.time, Rank::kPressure, 0xd0, pressure.value, 0);
    else
      add(pressure.time, Rank::kPressure, 0xa0, pressure.pitch, pressure.value);
  }
  Tick last_onset{-1};
  for (const Note& note : track.notes) {
    const bool is_short = note.duration <= Tick{0};
    if (choice.shares_programs && note.onset != last_onset)
      add(note.onset, Rank::kProgram, 0xc0, track.program, 0);
    last_onset = note.onset;
    add(note.onset, is_short ? Rank::kShortNoteOn : Rank::kNoteOn, 0x90, note.pitch,
        std::max<int>(note.velocity, 1));
    add(note.onset + std::max(note.duration, Tick{0}),
        is_short ? Rank::kShortNoteOff : Rank::kNoteOff, 0x90, note.pitch, 0);
  }
  std::stable_sort(events.begin(), events.end(), [](const ChannelEvent& a, const ChannelEvent& b) {
    return std::tie(a.time, a.rank) < std::tie(b.time, b.rank);
  });
  return events;
}

void write_track(const Track& track, const ChannelChoice& choice, std::vector<std::uint8_t>& out) {
  ChunkWriter chunk(out);
  if (!track.name.empty()) chunk.meta(Tick{0}, 0x03, track.name);
  for (const ChannelEvent& event : channel_events(track, choice))
    chunk.channel_event(event.time, event.status, event.first, event.second);
  chunk.end();
}

struct MetaEvent {
  Tick time;
  std::uint8_t type;
  std::string_view text;                   // of a text
  std::array<std::uint8_t, 4> bytes = {};  // of any other
  std::size_t size = 0;
};

std::vector<MetaEvent> meta_events(const Score& score) {
  std::vector<MetaEvent> events;
  for (const TempoChange& tempo : score.tempos) {
    const std::uint32_t us = std::clamp<std::uint32_t>(tempo.us_per_quarter, 1, 0xffffff);
    const auto byte = [us](int shift) { return static_cast<std::uint8_t>(us >> shift); };
    events.push_back({tempo.time, 0x51, {}, {byte(16), byte(8), byte(0)}, 3});
  }
  for (const MeterChange& change : score.meters) {
    const std::uint8_t numerator = std::max<std::uint8_t>(change.meter.numerator, 1);
    const auto power = static_cast<std::uint8_t>(
        std::bit_width(std::max<std::uint8_t>(change.meter.denominator, 1)) - 1);
    // The last two: MIDI clocks a metronome click and notated 32nds a quarter, both as usual.
    events.push_back({change.time, 0x58, {}, {numerator, power, 24, 8}, 4});
  }
  for (const KeySignature& key : score.keys) {
    const auto sharps = static_cast<std::int8_t>(std::clamp<int>(key.sharps, -7, 7));
    events.push_back(
        {key.time, 0x59, {}, {static_cast<std::uint8_t>(sharps), std::uint8_t{key.minor}}, 2});
  }
  for (const Text& text : score.texts) {
    const bool is_text_type = text.type >= 1 && text.type <= 15;
    events.push_back({text.time, is_text_type ? text.type : std::uint8_t{1}, text.text});
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const MetaEvent& a, const MetaEvent& b) { return a.time < b.time; });
  return events;
}

void write_conductor(const Score& score, std::vector<std::uint8_t>& out) {
  ChunkWriter chunk(out);
  for (const MetaEvent& event : meta_events(score)) {
    const bool is_text = event.size == 0;
    chunk.meta(
        event.time, event.type,
        is_text ? event.text
                : std::string_view(reinterpret_cast<const char*>(event.bytes.data()), event.size));
  }
  chunk.end();
}

}  // namespace
}  // namespace midi

std::vector<std::uint8_t> write_midi(const Score& score) {
  Score sorted = score;
  normalise(sorted);
  // The header counts chunks in sixteen bits; readers go by the chunks that they find.
  const std::size_t chunks = std::min<std::size_t>(sorted.tracks.size() + 1, 0xffff);
  std::vector<std::uint8_t> out = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 1};
  midi::append_big_endian(out, static_cast<std::uint32_t>(chunks), 2);
  midi::append_big_endian(
      out, static_cast<std::uint32_t>(std::clamp(sorted.ticks_per_quarter, 1, 0x7fff)), 2);
  midi::write_conductor(sorted, out);
  const auto choices = midi::choose_channels(sorted.tracks);
  for (std::size_t i = 0; i < sorted.tracks.size(); ++i)
    midi::write_track(sorted.tracks[i], choices[i], out);
  return out;
}

Result<void> write_midi_file(const Score& score, const std::filesystem::path& path) {
  return write_file(path, write_midi(score));
}

}  // namespace sage
