// How loud the notes of a part are, and which notes keep their loudness.
#pragma once

#include <optional>
#include <set>
#include <utility>

#include "score/score.h"

namespace sage {

/// Whether the velocities of a part come from a score, not from a hand: at least four fifths of its
/// notes are as loud as the note before. Dynamics marks alone (a step every few bars) are no hand.
bool has_flat_velocities(const Track& track);

/// The notes of a piece that stay as they are, in a score that has them and new ones.
class KeptNotes {
 public:
  KeptNotes() = default;  // none
  /// `kept` must have as many ticks a quarter as the score that is asked about.
  explicit KeptNotes(const Score& kept);

  /// Of this track: of the same program, onset, length, pitch and velocity.
  bool has(const Track& track, const Note& note) const {
    return notes_.contains({track.program_or_drum(), note});
  }
  /// The part without them.
  Track rest_of(const Track& track) const;
  /// The mean of their velocities; nothing for none.
  std::optional<double> loudness() const;

 private:
  std::set<std::pair<int, Note>> notes_;
};

}  // namespace sage
