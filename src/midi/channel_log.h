// What a file says to its channels besides notes: controllers, bends, pressures, programs, of all
// tracks in the order in which a player meets them. Internal to midi.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "midi/document.h"

namespace sage::midi {

using ChannelKey = std::pair<int, int>;  // port, channel

/// Kinds of state. The numbers of controllers stand for themselves; -1 is none.
inline constexpr int kModulation = 1, kExpression = 11, kBend = 128, kPressure = 129;
inline constexpr int kPedals[] = {64, 66, 67};

int kind_of(const Event& event);
NewEvent state_event(Tick time, Order order, int channel, int kind, int value);

/// Whether a message ends notes.
inline bool ends_notes(const Event& event) {
  return event.type() == 0xb0 && (event.first == 120 || event.first >= 123);
}

/// One message of a channel.
struct Message {
  Tick time;
  std::uint32_t track = 0, index = 0;
  const Event* event = nullptr;
};

struct ChannelLog {
  std::vector<Message> messages;
  std::uint32_t home = 0;  // the first track that uses the channel

  /// A value before the messages at `time`, or behind them.
  int value_at(int kind, Tick time, bool inclusive) const;
  /// Where a kind rests: at nothing, expression at the highest value up to `until`.
  int rest_value(int kind, Tick until) const;
};

/// The logs of a document, which must outlive them.
class ChannelLogs {
 public:
  explicit ChannelLogs(const Document& document);

  /// Of a channel that has events, notes included.
  const ChannelLog& at(ChannelKey channel) const { return logs_.at(channel); }
  std::set<ChannelKey> channels() const;
  bool says_ports() const { return says_ports_; }

 private:
  std::map<ChannelKey, ChannelLog> logs_;
  bool says_ports_ = false;
};

}  // namespace sage::midi
