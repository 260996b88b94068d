#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "midi/instruments.h"
#include "score/timeline.h"
#include "synth/schedule.h"

namespace sage {
namespace {

using Kind = SynthEvent::Kind;
using midi::Event;

/// The bank of a sound font that a program's banks mean: the variations of GS, or of General
/// MIDI 2.
std::int16_t bank_of(const midi::Instrument& instrument) {
  constexpr int kGm2Melodic = 121;
  if (instrument.is_drum) return kDrumBank;
  if (instrument.bank_high == kGm2Melodic) return instrument.bank_low;
  return instrument.bank_high < 120 ? instrument.bank_high : 0;
}

class Scheduler {
 public:
  explicit Scheduler(const midi::Document& document)
      : document_(document),
        instruments_(document.file(), document.bytes()),
        last_(end_of(document.music().score) + Tick{1}) {}

  SynthSchedule run(int sample_rate);

 private:
  /// An event and its place in the order of a player.
  struct Placed {
    Tick time;
    std::uint32_t track, index;
    SynthEvent event;
    auto order() const { return std::tie(time, track, index); }
  };

  void read_track(std::uint32_t number);
  void add_channel(const Event& event, std::uint32_t track, std::uint32_t index);
  std::uint16_t channel(int port, int number);
  void put(Tick time, std::uint32_t track, std::uint32_t index, SynthEvent event) {
    if (time <= last_) placed_.push_back({time, track, index, event});
  }

  const midi::Document& document_;
  midi::Instruments instruments_;
  Tick last_;
  int port_ = 0;  // of the track that is read
  std::map<std::pair<int, int>, std::uint16_t> numbers_;
  SynthSchedule schedule_;
  std::vector<Placed> placed_;
};

/// A channel of the synthesizer for one of a port, with all that changes its instrument.
std::uint16_t Scheduler::channel(int port, int number) {
  if (schedule_.channels.size() == kMaxSynthChannels) port = 0;
  const auto [at, is_new] =
      numbers_.try_emplace({port, number}, static_cast<std::uint16_t>(schedule_.channels.size()));
  if (!is_new || schedule_.channels.size() == kMaxSynthChannels)
    return at->second % kMaxSynthChannels;
  schedule_.channels.push_back({0, midi::Instruments::initial(number).is_drum});
  for (const midi::InstrumentChange& change : instruments_.changes(port, number))
    put(change.time, change.track, change.index,
        {0, Kind::kInstrument, at->second, change.instrument.program, bank_of(change.instrument)});
  return at->second;
}

void Scheduler::add_channel(const Event& event, std::uint32_t track, std::uint32_t index) {
  constexpr std::uint8_t kFirstOfModes = 124, kAllNotesOff = 123;
  SynthEvent out;
  out.channel = channel(port_, event.channel());
  out.key = event.first;
  out.value = event.second;
  switch (event.type()) {
    case 0x80:
    case 0x90:
      out.kind = event.is_note_on() ? Kind::kNoteOn : Kind::kNoteOff;
      break;
    case 0xa0:
      out.kind = Kind::kKeyPressure;
      break;
    case 0xb0:
      if (event.first == 0 || event.first == 32) return;  // among the instruments
      out.kind = Kind::kControl;
      out.key = std::min(out.key, kFirstOfModes) == kFirstOfModes ? kAllNotesOff : out.key;
      break;
    case 0xd0:
      out.kind = Kind::kChannelPressure;
      out.value = event.first;
      break;
    case 0xe0:
      out.kind = Kind::kBend;
      out.value = static_cast<std::int16_t>((event.second << 7 | event.first) - 8192);
      break;
    default:
      return;  // programs are among the instruments
  }
  put(event.time, track, index, out);
}

void Scheduler::read_track(std::uint32_t number) {
  port_ = 0;
  std::uint32_t index = 0;
  for (const Event& event : document_.tracks()[number].events) {
    const std::uint32_t i = index++;
    if (event.is_channel()) {
      add_channel(event, number, i);
    } else if (event.is_meta() && event.first == midi::kPort) {
      const auto payload = midi::payload_of(document_.bytes(), event);
      if (!payload.empty()) port_ = payload[0] & 0x7f;
    }
  }
}

SynthSchedule Scheduler::run(int sample_rate) {
  for (std::uint32_t i = 0; i < document_.tracks().size(); ++i) read_track(i);
  std::stable_sort(placed_.begin(), placed_.end(),
                   [](const Placed& a, const Placed& b) { return a.order() < b.order(); });
  const TempoMap tempo(document_.music().score);
  const auto frame_at = [&](Tick time) {
    return static_cast<std::int64_t>(std::llround(tempo.seconds_at(time) * sample_rate));
  };
  schedule_.events.reserve(placed_.size());
  for (const Placed& placed : placed_) {
    schedule_.events.push_back(placed.event);
    schedule_.events.back().frame = frame_at(placed.time);
  }
  schedule_.end = frame_at(end_of(document_.music().score));
  return std::move(schedule_);
}

}  // namespace

SynthSchedule schedule_of(const midi::Document& document, int sample_rate) {
  return Scheduler(document).run(sample_rate);
}

}  // namespace sage
