// How new notes are played: their loudness, by whoever gives it (rules, a performer model; the
// server does not know). Finished music is played as a whole. Music that is told while it is
// written is played an onset at a time, by what stands before it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"
#include "score/score.h"
#include "score/timeline.h"

namespace sage::serve {

/// Plays the notes of `score` that `kept` lacks, from tick `from` on; changes no others. The same
/// seed gives the same loudness. A score that is a beginning goes on `until` then.
using Play = std::function<Result<void>(Score& score, const Score& kept, Tick from,
                                        std::uint64_t seed, Tick until)>;

struct Performer {
  Play play;  // none: notes sound as they were written
  bool is_quick =
      false;  // a few bars take it microseconds, so that it can play what is being written
};

/// Plays music that is being written. The rules look at phrases of four bars; so does this, and
/// what stands before the phrase counts no more.
class OnsetPlayer {
 public:
  /// `before`: what is continued, which sets the level with its last bars; it ends at `end`.
  OnsetPlayer(const Performer& performer, std::uint64_t seed, const Score& before, Tick end);

  /// Whether it gives any loudness.
  bool plays() const { return performer_.is_quick && performer_.play != nullptr; }
  void bar(Tick start);
  void meter(Tick time, Meter meter);
  /// All notes of one onset; changes their velocities. Later ones must not begin before.
  struct Part {
    int program = 0;  // 0..128
    Note note;
  };
  void onset(std::vector<Part>& parts);

 private:
  Performer performer_;
  std::uint64_t seed_;
  Score kept_;    // the last bars of what is continued
  Score phrase_;  // and the new notes of the phrase, as they were written
  int bars_ = 0;  // begun, from the first note of all on
  Tick bar_;      // the start of the last one
  Meter meter_;
};

}  // namespace sage::serve
