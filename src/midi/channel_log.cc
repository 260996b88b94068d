#include "midi/channel_log.h"

#include <algorithm>

#include "midi/instruments.h"

namespace sage::midi {
namespace {

int value_of(const Event& event) {
  if (event.type() == 0xe0) return (event.second << 7 | event.first) - 8192;
  return event.type() == 0xd0 ? event.first : event.second;
}

constexpr int initial_value(int kind) { return kind == kExpression ? 127 : 0; }

/// Whether a message sets controllers back.
bool sets_back(const Event& event) { return event.type() == 0xb0 && event.first == 121; }

}  // namespace

int kind_of(const Event& event) {
  switch (event.type()) {
    case 0xb0:
      return event.first;
    case 0xe0:
      return kBend;
    case 0xd0:
      return kPressure;
    default:
      return -1;
  }
}

NewEvent state_event(Tick time, Order order, int channel, int kind, int value) {
  if (kind == kBend)
    return channel_event(time, order, 0xe0 | channel, (value + 8192) & 0x7f, (value + 8192) >> 7);
  if (kind == kPressure) return channel_event(time, order, 0xd0 | channel, value);
  return channel_event(time, order, 0xb0 | channel, kind, value);
}

int ChannelLog::value_at(int kind, Tick time, bool inclusive) const {
  int value = initial_value(kind);
  for (const Message& message : messages) {
    if (inclusive ? message.time > time : message.time >= time) break;
    if (kind_of(*message.event) == kind)
      value = value_of(*message.event);
    else if (sets_back(*message.event))
      value = initial_value(kind);
  }
  return value;
}

int ChannelLog::rest_value(int kind, Tick until) const {
  if (kind != kExpression) return initial_value(kind);
  int highest = -1;
  for (const Message& message : messages)
    if (message.time <= until && kind_of(*message.event) == kind)
      highest = std::max(highest, value_of(*message.event));
  return highest < 0 ? initial_value(kind) : highest;
}

ChannelLogs::ChannelLogs(const Document& document) {
  const auto tracks = document.tracks();
  for (std::uint32_t track = 0; track < tracks.size(); ++track) {
    int port = 0;
    for (std::uint32_t i = 0; i < tracks[track].events.size(); ++i) {
      const Event& event = tracks[track].events[i];
      if (event.is_meta() && event.first == kPort) {
        if (const Bytes payload = payload_of(document.bytes(), event); !payload.empty())
          port = payload[0] & 0x7f;
        says_ports_ = true;
      }
      if (!event.is_channel()) continue;
      const auto [log, is_new] = logs_.try_emplace(ChannelKey{port, event.channel()});
      if (is_new) log->second.home = track;
      if (event.type() >= 0xb0) log->second.messages.push_back({event.time, track, i, &event});
    }
  }
  for (auto& [channel, log] : logs_)
    std::stable_sort(log.messages.begin(), log.messages.end(),
                     [](const Message& a, const Message& b) { return a.time < b.time; });
}

std::set<ChannelKey> ChannelLogs::channels() const {
  std::set<ChannelKey> all;
  for (const auto& [channel, log] : logs_) all.insert(channel);
  return all;
}

}  // namespace sage::midi
