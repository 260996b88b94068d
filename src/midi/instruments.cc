#include "midi/instruments.h"

#include <algorithm>

namespace sage::midi {
namespace {

constexpr std::uint8_t kAllSoundOff = 120;
constexpr std::uint8_t kAllNotesOff = 123;  // and the four above it, which change modes

/// Whether an event can change an instrument, end notes, or move its track to another port.
bool matters(const Event& event) {
  if (event.form == Event::Form::kIgnored) return false;
  switch (event.type()) {
    case 0xc0:
      return true;
    case 0xb0:
      return event.first == 0 || event.first == 32 || event.first == kAllSoundOff ||
             event.first >= kAllNotesOff;
    case 0xf0:
      return event.status != 0xff || event.first == kPort;
    default:
      return false;
  }
}

bool begins_with(Bytes message, std::initializer_list<int> pattern) {
  if (message.size() < pattern.size()) return false;
  // -1 stands for any byte: the device.
  return std::equal(pattern.begin(), pattern.end(), message.begin(),
                    [](int wanted, std::uint8_t byte) { return wanted < 0 || wanted == byte; });
}

/// The channel of a GS part: blocks 1 to 9 are channels 1 to 9, block 0 is channel 10.
int channel_of_block(int block) {
  return block == 0 ? kDrumChannel : block < 10 ? block - 1 : block;
}

}  // namespace

Bytes payload_of(Bytes bytes, const Event& event) {
  Cursor cursor{bytes, event.at + (event.status == 0xff ? std::size_t{2} : std::size_t{1})};
  std::uint64_t length = 0;
  read_vlq(cursor, length);
  return bytes.subspan(cursor.at, std::min<std::size_t>(length, cursor.left()));
}

Instruments::Instruments(const EventFile& file, Bytes bytes) {
  std::vector<Place> places;
  played_.resize(file.tracks.size());
  for (std::uint32_t track = 0; track < file.tracks.size(); ++track) {
    const auto& events = file.tracks[track].events;
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      if (events[i].form != Event::Form::kIgnored && events[i].type() == 0x90)
        played_[track] |= static_cast<std::uint16_t>(1U << events[i].channel());
      if (events[i].is_meta() && events[i].first == kChannelPrefix)
        if (const Bytes payload = payload_of(bytes, events[i]); !payload.empty())
          played_[track] |= static_cast<std::uint16_t>(1U << (payload[0] & 0x0f));
      if (matters(events[i])) places.push_back({events[i].time, track, i});
    }
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const Place& a, const Place& b) { return a.time < b.time; });
  std::vector<int> port_of_track(file.tracks.size(), 0);
  for (const Place& place : places) {
    const Event& event = file.tracks[place.track].events[place.index];
    if (event.status == 0xff) {
      const Bytes payload = payload_of(bytes, event);
      if (!payload.empty()) port_of_track[place.track] = payload[0] & 0x7f;
    } else {
      apply(port(port_of_track[place.track]), event, place, bytes);
    }
  }
}

std::span<const InstrumentChange> Instruments::changes(int port, int channel) const {
  const auto at = ports_.find(port);
  if (at == ports_.end()) return {};
  return at->second.channels[static_cast<std::size_t>(channel)].changes;
}

Instrument Instruments::at(int port, int channel, std::uint32_t track, Tick time) const {
  Instrument now = initial(channel);
  bool named = false;  // see ChangeCursor::follow
  for (const InstrumentChange& change : changes(port, channel)) {
    if (change.time > time) break;
    const bool own = change.track == track;
    if (change.by_player && !own && named) continue;
    named |= change.by_player && own;
    now = change.instrument;
  }
  return now;
}

Instruments::Port& Instruments::port(int number) {
  const auto [at, is_new] = ports_.try_emplace(number);
  if (is_new)
    for (int i = 0; i < kChannels; ++i)
      at->second.channels[static_cast<std::size_t>(i)].instrument = initial(i);
  return at->second;
}

void Instruments::note(Channel& channel, const Place& place, bool silences, bool by_player) {
  channel.changes.push_back(
      {place.time, place.track, place.index, channel.instrument, silences, by_player});
}

void Instruments::apply(Port& port, const Event& event, const Place& place, Bytes bytes) {
  if (!event.is_channel()) return system_exclusive(port, payload_of(bytes, event), place);
  Channel& channel = port.channels[static_cast<std::size_t>(event.channel())];
  if (event.type() == 0xc0) {
    select(port, channel, event.first);
    note(channel, place, false, plays(place.track, event.channel()));
  } else if (event.first == 0) {
    channel.bank_high = event.second;
  } else if (event.first == 32) {
    channel.bank_low = event.second;
  } else {
    note(channel, place, true);
  }
}

void Instruments::select(Port& port, Channel& channel, std::uint8_t program) {
  constexpr int kGm2Drums = 120, kGm2Melodic = 121;
  const auto is_drum_bank = [&](int bank) {
    return bank == kGm2Drums || (port.system != System::kGs && (bank == 126 || bank == 127));
  };
  Instrument& instrument = channel.instrument;
  if (is_drum_bank(channel.bank_high))
    instrument.is_drum = true;
  else if (channel.bank_high == kGm2Melodic || is_drum_bank(instrument.bank_high))
    instrument.is_drum = false;
  instrument.program = program;
  instrument.bank_high = channel.bank_high;
  instrument.bank_low = channel.bank_low;
}

void Instruments::system_exclusive(Port& port, Bytes message, const Place& place) {
  if (begins_with(message, {0x7e, -1, 0x09, 0x01}) || begins_with(message, {0x7e, -1, 0x09, 0x03}))
    return reset(port, System::kGeneral, place);
  if (begins_with(message, {0x41, -1, 0x42, 0x12, 0x40, 0x00, 0x7f}))
    return reset(port, System::kGs, place);
  if (begins_with(message, {0x43, -1, 0x4c, 0x00, 0x00, 0x7e}) ||
      begins_with(message, {0x43, -1, 0x4c, 0x00, 0x00, 0x7f}))
    return reset(port, System::kXg, place);
  int index = -1;
  if (begins_with(message, {0x41, -1, 0x42, 0x12, 0x40, -1, 0x15}) && message[5] >> 4 == 1)
    index = channel_of_block(message[5] & 0x0f);  // use for rhythm part
  else if (begins_with(message, {0x43, -1, 0x4c, 0x08, -1, 0x07}) && message[4] < kChannels)
    index = message[4];  // part mode
  if (index < 0) return;
  const std::size_t value = message[0] == 0x41 ? 7 : 6;
  if (value >= message.size()) return;
  Channel& channel = port.channels[static_cast<std::size_t>(index)];
  channel.instrument.is_drum = message[value] > 0;
  note(channel, place, false);
}

void Instruments::reset(Port& port, System system, const Place& place) {
  port.system = system;
  for (int i = 0; i < kChannels; ++i) {
    Channel& channel = port.channels[static_cast<std::size_t>(i)];
    channel.instrument = initial(i);
    channel.bank_high = channel.bank_low = 0;
    note(channel, place, true);
  }
}

}  // namespace sage::midi
