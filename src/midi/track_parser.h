// Reads the events of MTrk chunks into a score. Internal to midi; reader.h tells the rules.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "midi/bytes.h"
#include "midi/parts.h"
#include "midi/reader.h"
#include "score/score.h"

namespace sage::midi {

class TrackParser {
 public:
  struct Options {
    bool names_tracks = true;  // whether a chunk's first name (FF 03) names its tracks or the piece
    bool reads_tempos = true;  // not under SMPTE time
  };

  /// `file` is the whole file, for byte offsets. Everything lands in `out`.
  TrackParser(Bytes file, const MidiLimits& limits, const Options& options, MidiRead& out);

  struct End {
    std::size_t offset;  // of the byte after the last one read
    bool end_of_track;   // whether FF 2F was there
    Tick time;
  };
  /// Reads events from `begin` up to the end of track or to `end`; the chunk starts at tick
  /// `start`. What cannot be read ends the track with a warning; the only error is kLimit.
  Result<End> parse(std::size_t begin, std::size_t end, Tick start);

 private:
  enum class Step : std::uint8_t { kGoOn, kEndOfTrack, kBroken, kTooLarge };

  Step step(Cursor& cursor);
  Step channel_event(Cursor& cursor);
  Step meta_event(Cursor& cursor);
  Step skip_sysex(Cursor& cursor);
  Step skip_system(Cursor& cursor, std::uint8_t status);
  bool read_delta(Cursor& cursor);
  bool read_payload(Cursor& cursor, Bytes& payload, const char* cut_off);
  void store_meta(std::uint8_t type, Bytes payload, std::size_t offset);
  void store_text(std::uint8_t type, Bytes payload);
  void finish_chunk(std::size_t offset);
  Result<End> too_large(std::size_t offset) const;

  Bytes file_;
  const MidiLimits& limits_;
  Options options_;
  MidiRead& out_;
  Parts parts_;
  std::size_t notes_before_ = 0;  // in the chunks before this one
  std::size_t event_count_ = 0;   // in all
  // The state of the chunk that is being read.
  Tick time_;
  std::uint8_t running_ = 0;
  bool running_interrupted_ = false;
  std::size_t name_ = 0;  // 1 + the index in texts of the chunk's first name
};

}  // namespace sage::midi
