#include "live/hearing.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sage::live {
namespace {

constexpr double kFollow = 0.15;     // how fast loudness and usual length follow, a note
constexpr int kMostNotesABeat = 48;  // that the band is told: more is not music but a fault
constexpr double kAnticipation =
    0.5;  // quarter notes before the first beat that still belong to it

}  // namespace

Hearing::Hearing(const Lineup& lineup, int grid)
    : lineup_(lineup), grid_(grid), usual_length_(grid) {
  for (auto& channel : down_) channel.fill(-1);
}

void Hearing::end(std::size_t note, double tick) {
  HeardNote& heard = notes_[note];
  heard.end = std::max(tick, heard.onset);
  heard.is_down = false;
  last_end_ = std::max(last_end_, heard.end);
  usual_length_ += kFollow * (heard.end - heard.onset - usual_length_);
  --keys_down_;
}

void Hearing::take(const Message& message, double tick) {
  if (!message.is_note_on() && !message.is_note_off()) return;
  const Player* player = lineup_.of_channel(message.channel());
  if (player == nullptr || player->is_band) return;
  std::int32_t& down = down_[message.channel()][message.key()];
  if (down >= 0) end(static_cast<std::size_t>(std::exchange(down, -1)), tick);
  if (!message.is_note_on()) return;
  down = static_cast<std::int32_t>(notes_.size());
  ++keys_down_;
  loudness_ += kFollow * (message.velocity() - loudness_);
  waiting_.push_back({notes_.size(), message.time_us});
  notes_.push_back({player->program, message.key(), message.velocity(), tick, tick, true});
}

void Hearing::tell(Tick time, std::vector<BandNote>& out) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const HeardNote& heard = notes_[waiting.note];
    Tick onset{std::llround(heard.onset)};
    if (onset >= time) return false;
    if (onset < Tick{0}) {
      if (heard.onset < -kAnticipation * grid_) return true;  // played into the count-in
      onset = Tick{0};
    }
    const std::int64_t beat = onset.count / grid_;
    if (beat != told_beat_) told_in_beat_ = 0;
    told_beat_ = beat;
    if (++told_in_beat_ > kMostNotesABeat) {
      ++ignored_;
      return true;
    }
    const double length =
        heard.is_down ? std::max(static_cast<double>((time - onset).count + 1), usual_length_)
                      : heard.end - heard.onset;
    const Tick duration{std::max<std::int64_t>(1, std::llround(length))};
    out.push_back({heard.program, {onset, duration, heard.pitch, heard.velocity}});
    last_told_us_ = std::max(last_told_us_, waiting.time_us);
    return true;
  });
}

void Hearing::release_all(double tick) {
  for (auto& channel : down_)
    for (std::int32_t& down : channel)
      if (down >= 0) end(static_cast<std::size_t>(std::exchange(down, -1)), tick);
}

PitchClasses Hearing::sounding(double from, double to) const {
  PitchClasses classes;
  constexpr std::size_t kLookBack = 256;  // notes
  const std::size_t first = notes_.size() > kLookBack ? notes_.size() - kLookBack : 0;
  for (std::size_t i = first; i < notes_.size(); ++i) {
    const HeardNote& note = notes_[i];
    if (note.program == kDrumProgram || note.onset >= to) continue;
    if (note.is_down || note.end > from) classes.set(note.pitch % 12);
  }
  return classes;
}

double Hearing::last_sound(double now) const { return keys_down_ > 0 ? now : last_end_; }

}  // namespace sage::live
