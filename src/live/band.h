// The band as a session sees it: it is told what a person plays, and writes its own parts up to a
// moment.
//
// The model's band is stream_band.h; tests bring simple ones. Belongs to the inference thread.
// Times are grid ticks from the session's first beat.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/error.h"
#include "score/score.h"

namespace sage::live {

struct BandNote {
  int program = 0;
  Note note;
  friend bool operator==(const BandNote&, const BandNote&) = default;
};

class Band {
 public:
  virtual ~Band() = default;
  virtual int grid() const = 0;  // ticks of a quarter note

  /// A note that sounds: of a person, or of the band itself where the session decided on it. What
  /// was written after it, and is not committed, is taken back.
  virtual void play(int program, const Note& note) = 0;
  /// The person has played nothing else before `time`.
  virtual void hear(Tick time) = 0;
  /// Writes on until everything before `time` is settled; false where `stop` said so before.
  virtual bool write(Tick time, const std::function<bool()>& stop) = 0;
  /// Everything before it is settled.
  virtual Tick written() const = 0;
  /// The band's notes with an onset in [from, to), to the end of `out`.
  virtual void notes(Tick from, Tick to, std::vector<BandNote>& out) const = 0;
  /// What was written from `time` on is taken back.
  virtual void rewind(Tick time) = 0;
  /// What was written before `time` has been sent: it stays, whatever is heard later.
  virtual void commit(Tick time) = 0;

  /// The band's programs that may play from now on.
  virtual void set_playing(std::span<const int> programs) = 0;
  virtual void set_tempo(double bpm) = 0;
  virtual void set_meter(Meter meter) = 0;
};

}  // namespace sage::live
