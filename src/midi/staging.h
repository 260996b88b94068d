// Sorts the channel events of one MTrk chunk into parts, one a port, channel and instrument, and
// pairs notes. Internal to midi; reader.h states the rules. Knows nothing of bytes.
//
// Everything is first staged in two flat arrays, which are kept from chunk to chunk, and copied
// into vectors of the exact size when the chunk ends: nothing is allocated per event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "midi/event.h"
#include "midi/part.h"
#include "score/score.h"

namespace sage::midi {

enum class EventKind : std::uint8_t { kControl, kBend, kPressure };

class Staging {
 public:
  /// `linked`: the events of each note are kept.
  explicit Staging(bool linked) : linked_(linked) {}

  /// Starts a chunk.
  void begin(std::uint32_t track) { track_ = track; }
  /// Makes room for as many notes as a chunk is likely to hold.
  void reserve(std::size_t notes) { notes_.reserve(notes); }

  /// `event` is the index of the event in its chunk.
  void note_on(Tick time, int channel, std::uint8_t pitch, std::uint8_t velocity,
               std::uint32_t event);
  void note_off(Tick time, int channel, std::uint8_t pitch, std::uint32_t event);
  /// Ends all notes of a channel.
  void silence(Tick time, int channel);
  void instrument(int channel, const Instrument& instrument) {
    channels_[channel].instrument = instrument;
    channels_[channel].changed = true;
  }
  /// What follows is sent to another port, whose channels start as `initial` ones do.
  void port(std::uint8_t port);
  /// The two bytes of a control (number, value), bend (low, high) or pressure (pitch, value).
  void event(EventKind kind, Tick time, int channel, std::uint8_t first, std::uint8_t second);

  std::size_t note_count() const { return notes_.size(); }

  /// What pairing found in a chunk.
  struct Report {
    std::size_t tracks = 0;   // appended to the score
    std::size_t hanging = 0;  // notes without a release
    std::size_t orphans = 0;  // note-offs without a note
  };
  /// Ends the chunk at `end`: appends its tracks to `score`, where each comes from to `parts`, and
  /// the events of their notes to `links` where those are kept; then starts over.
  Report finish(Tick end, Score& score, std::vector<Part>& parts,
                std::vector<std::vector<NoteEvents>>& links);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct StagedPart {
    std::uint8_t port;
    std::uint8_t channel;
    Instrument instrument;
    std::uint32_t merged_into = kNone;  // the part that took over its events
    std::size_t notes = 0;
    std::array<std::size_t, 3> events = {};  // by EventKind
  };
  struct StagedNote {
    Tick onset;
    Tick duration;  // of an open note: the index of the next open note of its channel and pitch
    std::uint32_t part;
    std::uint8_t pitch;
    std::uint8_t velocity;
  };
  struct StagedEvent {
    Tick time;
    std::uint32_t part;
    EventKind kind;
    std::uint8_t first;
    std::uint8_t second;
  };
  struct Slot {  // the open notes of a channel and pitch, oldest first
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };
  struct Channel {
    std::uint32_t part = kNone;        // the current one; none until its first event
    std::uint32_t last_noted = kNone;  // the one before it, which has notes
    Instrument instrument;
    bool changed = true;  // since its last event
  };

  static std::array<Channel, kChannels> initial_channels();
  StagedPart& current_part(int channel);
  void change_part(int channel, Channel& state);
  void merge(std::uint32_t from, std::uint32_t into);
  std::size_t end_open_notes(Tick end);
  void pair_again(const std::vector<std::uint32_t>& notes, std::size_t hanging, Tick end);
  void settle_channels();
  std::uint32_t owner(std::uint32_t part) const {
    return parts_[part].merged_into == kNone ? part : parts_[part].merged_into;
  }
  std::uint32_t& part_of(int channel, const Instrument& instrument) {
    return table_[channel * 256 + (instrument.is_drum ? 128 : 0) + instrument.program];
  }

  std::vector<StagedNote> notes_;
  std::vector<StagedEvent> events_;
  std::vector<StagedPart> parts_;
  std::vector<NoteEvents> links_;  // of notes_
  std::array<Channel, kChannels> channels_ = initial_channels();
  std::array<Slot, kChannels * 128> open_;
  std::size_t open_count_ = 0;
  std::size_t orphans_ = 0;
  bool linked_;
  std::uint32_t track_ = 0;
  std::uint8_t port_ = 0;
  std::array<std::uint32_t, kChannels* 256> table_ = [] {
    std::array<std::uint32_t, kChannels * 256> table;
    table.fill(kNone);
    return table;
  }();
};

}  // namespace sage::midi
