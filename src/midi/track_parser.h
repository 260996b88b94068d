// Takes the events of MTrk chunks apart. Internal to midi; reader.h states the rules.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "midi/bytes.h"
#include "midi/event.h"
#include "midi/midi_read.h"

namespace sage::midi {

class TrackParser {
 public:
  /// `file` is the whole file, for byte offsets.
  TrackParser(Bytes file, const MidiLimits& limits, MidiWarnings& warnings)
      : file_(file), limits_(limits), warnings_(warnings) {}

  struct End {
    std::size_t offset;  // of the byte after the last one read
    bool end_of_track;   // whether FF 2F was there
  };
  /// Reads events from `begin` up to the end of track or to `end` into `track`, which says at which
  /// tick it starts. What cannot be read ends the track with a warning; the only error is kLimit.
  Result<End> parse(std::size_t begin, std::size_t end, EventTrack& track);

 private:
  enum class Step : std::uint8_t {
    kGoOn,
    kEndOfTrack,
    kBroken,  // something else than an event
    kCutOff,  // the start of one, and then nothing
    kTooLarge
  };

  Step step(Cursor& cursor, std::vector<Event>& events);
  Step channel_event(Cursor& cursor, std::vector<Event>& events);
  Step meta_event(Cursor& cursor, std::vector<Event>& events);
  Step system_exclusive(Cursor& cursor, std::uint8_t status, std::vector<Event>& events);
  Step other_system(Cursor& cursor, std::uint8_t status, std::vector<Event>& events);
  bool read_delta(Cursor& cursor);
  bool read_payload(Cursor& cursor, const char* cut_off);
  Result<End> too_large(std::size_t offset) const;
  UnreadTail tail_from(Cursor cursor, Tick before) const;

  Bytes file_;
  const MidiLimits& limits_;
  MidiWarnings& warnings_;
  // In all chunks so far.
  std::size_t note_count_ = 0;
  std::size_t event_count_ = 0;
  std::size_t text_count_ = 0;
  // The state of the chunk that is being read.
  Tick time_;
  std::uint8_t running_ = 0;
  bool running_interrupted_ = false;
};

}  // namespace sage::midi
