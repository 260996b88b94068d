// What a person has played so far: notes from messages, snapped to the grid for the band, with all
// that the session follows: pitches, loudness, pauses. Belongs to the inference thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "live/band.h"
#include "live/lineup.h"
#include "live/message.h"
#include "score/harmony.h"

namespace sage::live {

struct HeardNote {
  int program = 0;
  std::uint8_t pitch = 0, velocity = 0;
  double onset = 0, end = 0;  // ticks; the end only where it is not down any more
  bool is_down = true;
};

class Hearing {
 public:
  Hearing(const Lineup& lineup, int grid);

  /// A message that came at this tick, `time_us` on the clock.
  void take(const Message& message, double tick);
  /// The notes with an onset before `time` that were not told before, on the grid. One that is
  /// still down has the length that the person's notes usually have, or longer.
  void tell(Tick time, std::vector<BandNote>& out);
  /// All keys are up.
  void release_all(double tick);

  const std::vector<HeardNote>& notes() const { return notes_; }
  /// Pitch classes of the person's notes that sounded in [from, to).
  PitchClasses sounding(double from, double to) const;
  /// Mean velocity of the last notes; kDefaultVelocity before the first.
  double loudness() const { return loudness_; }
  bool has_played() const { return !notes_.empty(); }
  /// Where the person's last note ended; `now` where one is down.
  double last_sound(double now) const;
  /// When the last note that was told began, on the clock; negative: none.
  std::int64_t last_told_us() const { return last_told_us_; }
  /// Notes that were too many at once to be told.
  std::uint64_t ignored() const { return ignored_; }

 private:
  struct Waiting {
    std::size_t note;
    std::int64_t time_us;
  };
  void end(std::size_t note, double tick);

  const Lineup lineup_;
  int grid_;
  std::vector<HeardNote> notes_;                                 // by arrival
  std::vector<Waiting> waiting_;                                 // to be told
  std::array<std::array<std::int32_t, kKeys>, kChannels> down_;  // index into notes_; -1: up
  double usual_length_;
  double loudness_ = kDefaultVelocity;
  double last_end_ = 0;
  int keys_down_ = 0;
  std::int64_t last_told_us_ = -1;
  std::int64_t told_beat_ = -1;
  int told_in_beat_ = 0;
  std::uint64_t ignored_ = 0;
};

}  // namespace sage::live
