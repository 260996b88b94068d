// Sorts the channel events of one MTrk chunk into parts, one a channel and program, and pairs
// notes. Internal to midi; reader.h tells the rules. Knows nothing of bytes.
//
// Everything is first staged in two flat arrays, which are kept from chunk to chunk, and copied
// into vectors of the exact size when the chunk ends: nothing is allocated per event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "score/score.h"

namespace sage::midi {

inline constexpr int kChannels = 16;
inline constexpr int kDrumChannel = 9;

enum class EventKind : std::uint8_t { kControl, kBend, kPressure };

class Parts {
 public:
  /// Makes room for as many notes as a chunk is likely to hold.
  void reserve(std::size_t notes) { notes_.reserve(notes); }

  void note_on(Tick time, int channel, std::uint8_t pitch, std::uint8_t velocity);
  void note_off(Tick time, int channel, std::uint8_t pitch);
  void program(int channel, std::uint8_t program);
  /// The two bytes of a control (number, value), bend (low, high) or pressure (pitch, value).
  void event(EventKind kind, Tick time, int channel, std::uint8_t first, std::uint8_t second);

  std::size_t note_count() const { return notes_.size(); }

  /// What pairing found in a chunk.
  struct Report {
    std::size_t tracks = 0;   // appended to the score
    std::size_t hanging = 0;  // notes that ended with the chunk
    std::size_t orphans = 0;  // note-offs without a note
  };
  /// Ends the chunk at `end`: appends its tracks to `score` and starts over for the next chunk.
  Report finish(Tick end, Score& score);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Part {
    std::uint8_t channel;
    std::uint8_t program;
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
    std::uint8_t program = 0;
    std::uint8_t inherited = 0;  // the program at the start of a chunk
    bool program_set = false;    // in this chunk
  };

  Part& current_part(int channel);
  void merge(std::uint32_t from, std::uint32_t into);
  std::size_t end_open_notes(Tick end);
  void settle_channels();
  std::uint32_t owner(std::uint32_t part) const {
    return parts_[part].merged_into == kNone ? part : parts_[part].merged_into;
  }
  std::uint32_t& part_of(int channel, int program) { return table_[channel * 128 + program]; }

  std::vector<StagedNote> notes_;
  std::vector<StagedEvent> events_;
  std::vector<Part> parts_;
  std::array<Channel, kChannels> channels_;
  std::array<Slot, kChannels * 128> open_;
  std::size_t open_count_ = 0;
  std::size_t orphans_ = 0;
  std::array<std::uint32_t, kChannels* 128> table_ = [] {
    std::array<std::uint32_t, kChannels * 128> table;
    table.fill(kNone);
    return table;
  }();
};

}  // namespace sage::midi
