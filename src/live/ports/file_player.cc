#include "live/ports/file_player.h"

#include <algorithm>
#include <cmath>

#include "base/normal.h"
#include "base/random.h"

namespace sage::live {

FilePlayer::FilePlayer(const Score& score, const Lineup& lineup, int grid,
                       const FilePlayerOptions& options) {
  Random random(options.seed);
  const double scale = static_cast<double>(grid) / score.ticks_per_quarter;
  for (const Track& track : score.tracks) {
    const Player* player = lineup.of_program(track.program_or_drum());
    if (player == nullptr || player->is_band) continue;
    for (const Note& note : track.notes) {
      if (options.end > Tick{0} && note.onset >= options.end) continue;
      const double delay =
          options.noise_ms > 0 ? 1e3 * options.noise_ms * standard_normal(random) : 0;
      const double onset = static_cast<double>(note.onset.count) * scale;
      const double length =
          static_cast<double>(std::max<std::int64_t>(1, note.duration.count)) * scale;
      events_.push_back(
          {onset, delay, note_on(player->channel, note.pitch, std::max<int>(1, note.velocity))});
      events_.push_back({onset + length, delay, note_off(player->channel, note.pitch)});
    }
    for (const Control& c : track.controls)
      if (c.number == kSustain && (options.end == Tick{0} || c.time < options.end))
        events_.push_back({static_cast<double>(c.time.count) * scale, 0,
                           control(player->channel, c.number, c.value)});
  }
}

void FilePlayer::start(const Transport& transport) {
  messages_.clear();
  for (const Timed& event : events_) {
    Message message = event.message;
    message.time_us =
        static_cast<std::int64_t>(std::llround(transport.time_at(event.tick) + event.delay_us));
    messages_.push_back(message);
  }
  std::stable_sort(messages_.begin(), messages_.end(), [](const Message& a, const Message& b) {
    return a.time_us != b.time_us ? a.time_us < b.time_us : a.is_note_off() && !b.is_note_off();
  });
  next_ = 0;
}

bool FilePlayer::receive(std::int64_t now, Message& message) noexcept {
  if (next_ == messages_.size() || messages_[next_].time_us > now) return false;
  message = messages_[next_++];
  return true;
}

std::int64_t FilePlayer::next_time(std::int64_t) const noexcept {
  return next_ == messages_.size() ? kNever : messages_[next_].time_us;
}

}  // namespace sage::live
