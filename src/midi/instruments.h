// Which instrument each channel of a file plays when.
//
// State belongs to port and channel: the events of all tracks are taken in the order in which a
// player meets them (time, track, place in the track). Heeded are program changes, bank selects
// (which count from the next program change on), the resets of General MIDI, General MIDI 2, GS and
// XG, their messages that make a part a rhythm part, and the drum banks of XG (126, 127) and
// General MIDI 2 (120; 121 is melodic). Under GS banks 126 and 127 are no drums.
//
// Scores with more parts than channels let several tracks share one, each with a program of its
// own. A track that has named its program therefore keeps it against program changes of other
// tracks that play on the channel; those of a track without notes (automation) hold for all. A
// track plays on a channel if it has notes there, or says so with a channel prefix (FF 20): an edit
// that takes a track's last note of a channel away leaves one.
#pragma once

#include <array>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "midi/bytes.h"
#include "midi/event.h"
#include "midi/part.h"

namespace sage::midi {

/// Holds for its channel from an event of a track on.
struct InstrumentChange {
  Tick time;
  std::uint32_t track = 0;
  std::uint32_t index = 0;
  Instrument instrument;
  bool silences = false;   // all notes end here
  bool by_player = false;  // a program change in a track that plays on this channel

  bool precedes(Tick t, std::uint32_t in_track, std::uint32_t at) const {
    return std::tie(time, track, index) < std::tie(t, in_track, at);
  }
};

class Instruments {
 public:
  Instruments(const EventFile& file, Bytes bytes);

  /// In the order in which a player meets them.
  std::span<const InstrumentChange> changes(int port, int channel) const;

  /// What a track's notes on a channel play from `time` on, changes at that time included.
  Instrument at(int port, int channel, std::uint32_t track, Tick time) const;

  /// Whether a track plays on a channel, of whatever port.
  bool plays(std::uint32_t track, int channel) const {
    return (played_[track] >> channel & 1) != 0;
  }

  static Instrument initial(int channel) { return {.is_drum = channel == kDrumChannel}; }

 private:
  enum class System : std::uint8_t { kGeneral, kGs, kXg };
  struct Channel {
    Instrument instrument;
    std::uint8_t bank_high = 0, bank_low = 0;  // for the next program change
    std::vector<InstrumentChange> changes;
  };
  struct Port {
    System system = System::kGeneral;
    std::array<Channel, kChannels> channels;
  };
  struct Place {
    Tick time;
    std::uint32_t track, index;
  };

  Port& port(int number);
  void apply(Port& port, const Event& event, const Place& place, Bytes bytes);
  void select(Port& port, Channel& channel, std::uint8_t program);
  void system_exclusive(Port& port, Bytes message, const Place& place);
  void reset(Port& port, System system, const Place& place);
  static void note(Channel& channel, const Place& place, bool silences, bool by_player = false);

  std::map<int, Port> ports_;
  std::vector<std::uint16_t> played_;  // by track: a bit for each channel on which it plays
};

/// The payload of a meta event or system exclusive message.
Bytes payload_of(Bytes bytes, const Event& event);

}  // namespace sage::midi
