// The events of a Standard MIDI File as they stand in it. Plain values; knows nothing of scores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "score/time.h"

namespace sage::midi {

inline constexpr int kChannels = 16;
inline constexpr int kDrumChannel = 9;

// Meta event types that are understood; 1 to 15 are texts.
inline constexpr std::uint8_t kTrackName = 0x03;
inline constexpr std::uint8_t kLastText = 0x0f;
inline constexpr std::uint8_t kChannelPrefix = 0x20;
inline constexpr std::uint8_t kPort = 0x21;
inline constexpr std::uint8_t kEndOfTrackMeta = 0x2f;
inline constexpr std::uint8_t kTempo = 0x51;
inline constexpr std::uint8_t kMeter = 0x58;
inline constexpr std::uint8_t kKey = 0x59;

/// One event. Its bytes stay where they are, in the file or in a document's own.
struct Event {
  enum class Form : std::uint8_t {
    kPlain,    // with a status byte of its own
    kRunning,  // a channel message under running status: its bytes begin with the data
    kIgnored,  // kept, but it means nothing: a data byte above 127, a system message
  };
  Tick time;
  std::uint32_t at = 0;     // of its first byte after the delta time
  std::uint8_t status = 0;  // of a channel message with the channel; 0xff meta, 0xf0 and 0xf7
  std::uint8_t first = 0;   // data byte; of a meta event its type
  std::uint8_t second = 0;  // at most 127
  Form form = Form::kPlain;

  bool is_channel() const { return status < 0xf0 && form != Form::kIgnored; }
  bool is_meta() const { return status == 0xff && form != Form::kIgnored; }
  int type() const { return status & 0xf0; }
  int channel() const { return status & 0x0f; }
  bool is_note_on() const { return is_channel() && type() == 0x90 && second > 0; }
  bool is_note_off() const {
    return is_channel() && (type() == 0x80 || (type() == 0x90 && second == 0));
  }
};
static_assert(sizeof(Event) == 16);

/// What a chunk has behind the last event that could be read: behind a break, or behind the end of
/// track. Another player may make something of it. The first bytes of an event that the end of the
/// chunk cuts off are nothing.
struct UnreadTail {
  std::size_t at = 0;        // of its first byte, behind the delta time; 0: there is none
  bool has_delta = true;     // whether that could be read; if not, `at` is where it begins
  std::uint8_t running = 0;  // the running status there, 0 if there is none
  Tick time;  // of its first event; of the last one before where the delta is not read
};

/// One MTrk chunk.
struct EventTrack {
  std::vector<Event> events;  // in the order of the file, the end of track left out
  Tick start;                 // not 0 in the later sequences of a type 2 file
  Tick end;                   // of the end of track; of the last event where there is none
  std::size_t begin = 0;      // of the chunk's header in the file
  std::size_t data_end = 0;   // of what was read
  std::size_t next = 0;       // of what follows the chunk
  UnreadTail tail;            // up to `next`
  bool trusted = true;        // whether the chunk's length can be right
};

/// A file taken apart.
struct EventFile {
  int format = 1;
  int ticks_per_quarter = 480;
  std::uint32_t us_per_quarter = 0;  // under SMPTE time, else 0
  std::size_t header = 0;            // of MThd: not 0 inside RIFF
  std::size_t end = 0;               // of the MIDI data
  std::vector<EventTrack> tracks;
};

}  // namespace sage::midi
