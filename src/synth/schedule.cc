#include "synth/schedule.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "score/timeline.h"

namespace sage {
namespace {

using Kind = SynthEvent::Kind;

bool is_playable(std::uint8_t control) {
  constexpr std::uint8_t kBankSelect = 0, kBankSelectFine = 32, kFirstChannelMode = 120;
  return control != kBankSelect && control != kBankSelectFine && control < kFirstChannelMode;
}

/// Assigns every track of the score its channel.
class ChannelPlan {
 public:
  explicit ChannelPlan(const Score& score)
      : shared_(static_cast<std::size_t>(std::count_if(
                    score.tracks.begin(), score.tracks.end(),
                    [](const Track& t) { return !t.notes.empty(); })) > kMaxSynthChannels) {}

  std::uint16_t channel_of(const Track& track, std::vector<SynthChannel>& channels) {
    if (shared_) {
      const auto [entry, is_new] = by_program_.try_emplace(
          {track.is_drum, track.program}, static_cast<std::uint16_t>(channels.size()));
      if (!is_new) return entry->second;
    }
    channels.push_back({track.program, track.is_drum});
    return static_cast<std::uint16_t>(channels.size() - 1);
  }

 private:
  bool shared_;
  std::map<std::pair<bool, std::uint8_t>, std::uint16_t> by_program_;
};

/// Adds a track's events, whose times are still ticks.
void add_track(const Track& track, std::uint16_t channel, Tick end, std::vector<SynthEvent>& out) {
  const auto add = [&](Tick time, Kind kind, std::uint8_t key, int value) {
    if (time <= end)
      out.push_back({time.count, kind, channel, key, static_cast<std::int16_t>(value)});
  };
  for (const Note& note : track.notes) {
    const Tick length = std::max(note.duration, Tick{1});
    add(note.onset, Kind::kNoteOn, note.pitch, note.velocity);
    add(std::min(note.onset + length, end), Kind::kNoteOff, note.pitch, 0);
  }
  for (const Control& control : track.controls)
    if (is_playable(control.number))
      add(control.time, Kind::kControl, control.number, control.value);
  for (const PitchBend& bend : track.bends) add(bend.time, Kind::kBend, 0, bend.value);
  for (const Pressure& pressure : track.pressures) {
    if (pressure.pitch == Pressure::kWholeChannel)
      add(pressure.time, Kind::kChannelPressure, 0, pressure.value);
    else
      add(pressure.time, Kind::kKeyPressure, pressure.pitch, pressure.value);
  }
}

/// Removes the note-offs of notes that another note of the same channel and pitch still covers.
void drop_covered_releases(std::vector<SynthEvent>& events, std::size_t channels) {
  constexpr std::size_t kKeys = 256;
  std::vector<int> sounding(channels * kKeys, 0);
  std::erase_if(events, [&](const SynthEvent& event) {
    int& count = sounding[event.channel * kKeys + event.key];
    if (event.kind == Kind::kNoteOn) ++count;
    return event.kind == Kind::kNoteOff && --count > 0;
  });
}

}  // namespace

SynthSchedule schedule_of(const Score& score, int sample_rate) {
  SynthSchedule schedule;
  ChannelPlan plan(score);
  const Tick end = end_of(score) + Tick{1};  // a note of no length still needs a release
  for (const Track& track : score.tracks)
    if (!track.notes.empty())
      add_track(track, plan.channel_of(track, schedule.channels), end, schedule.events);
  std::stable_sort(schedule.events.begin(), schedule.events.end(),
                   [](const SynthEvent& a, const SynthEvent& b) {
                     return std::tie(a.frame, a.kind) < std::tie(b.frame, b.kind);
                   });
  drop_covered_releases(schedule.events, schedule.channels.size());
  const TempoMap tempo(score);
  const auto frame_at = [&](Tick time) {
    return static_cast<std::int64_t>(std::llround(tempo.seconds_at(time) * sample_rate));
  };
  for (SynthEvent& event : schedule.events) event.frame = frame_at(Tick{event.frame});
  schedule.end = frame_at(end_of(score));
  return schedule;
}

}  // namespace sage
