// A MIDI file played as a person would: its notes come as messages at their time, with a person's
// unsteadiness where that is asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "live/clock.h"
#include "live/lineup.h"
#include "live/port.h"
#include "score/score.h"

namespace sage::live {

struct FilePlayerOptions {
  double noise_ms = 0;  // standard deviation of each onset
  std::uint64_t seed = 0;
  Tick end{0};  // in the score's ticks; notes from there on are not played. 0: all are
};

class FilePlayer final : public Source {
 public:
  /// Plays the score's parts for which the lineup has a player that is not of the band. `grid`: the
  /// session's ticks of a quarter note; the score's tick 0 is the session's.
  FilePlayer(const Score& score, const Lineup& lineup, int grid, const FilePlayerOptions& options);

  void start(const Transport& transport) override;
  bool receive(std::int64_t now, Message& message) noexcept override;
  std::int64_t next_time(std::int64_t now) const noexcept override;

 private:
  struct Timed {
    double tick;      // of the session
    double delay_us;  // the person's
    Message message;
  };
  std::vector<Timed> events_;
  std::vector<Message> messages_;  // by time
  std::size_t next_ = 0;
};

}  // namespace sage::live
