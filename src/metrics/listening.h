// Whether new notes listen to the notes that were kept: harmony with them, agreement note for note,
// and bass notes on the roots of chords. Pure functions of notes on the metric grid.
//
// An instrument is a program: several tracks of one program are one. Drums have no pitch and take
// no part, except in matches().
#pragma once

#include <cstddef>
#include <span>

#include "metrics/piece.h"

namespace sage {

/// How often new notes sound a semitone or a major seventh from kept ones.
///
///   clash ratio = clashing / rotated
///
/// where `clashing` is the share of the sounding time of the new pitched notes that lies 1 or 11
/// semitones (mod 12) from a kept pitched note of another instrument that sounds at the same time,
/// and `rotated` is the mean of the same share after the new notes were rotated in time within the
/// piece by 1/8, 2/8 .. 7/8 of its length. Rotation keeps the key, the pitches and the rhythm and
/// destroys the fit, so 1 means that the parts share these and nothing else; composers are at 0.2
/// to 0.35.
struct Clash {
  double time = 0;      // grid steps that new pitched notes sound, added up over notes
  double clashing = 0;  // share of it
  double rotated = 0;   // share of it, mean over the rotations
  /// Share of it in unison or octaves with a kept note of another instrument: who only doubles the
  /// kept parts never clashes, and has far more of this than composers.
  double doubling = 0;
  /// Whether there is anything to compare: new and kept pitched notes of different instruments.
  bool defined = false;
};
inline constexpr int kClashRotations = 8;

/// Precondition: both pieces begin at the same time; what `kept` holds after the end of `fresh` is
/// ignored.
Clash clash(const Piece& fresh, const Piece& kept);

/// How many notes of one piece are those of another: same program and onset, and the same pitch
/// (drums: key) or pitch class.
struct Matches {
  std::size_t written = 0, expected = 0;  // notes of either piece
  std::size_t pitch = 0, pitch_class = 0;
  /// 2 hits / (written + expected), the F1 of the notes: neither too many nor too few notes help.
  /// NaN where neither piece has a note.
  double pitch_share() const { return share(pitch); }
  double pitch_class_share() const { return share(pitch_class); }

 private:
  double share(std::size_t hits) const {
    return 2.0 * static_cast<double>(hits) / static_cast<double>(written + expected);
  }
};
Matches matches(const Piece& written, const Piece& expected);

/// How often the lowest note that sounds on a strong beat (first beat and middle of a bar) is the
/// root of the bar's chord.
struct RootShare {
  std::size_t beats = 0;
  double on_root = 0;  // share of the beats; silent beats are not on the root
  /// The same with the roots of all bars in turn: what notes of the same pitches reach that do not
  /// hear where the chords change.
  double chance = 0;
};
/// `roots`: the pitch class of each bar's root, one for each bar of the piece.
RootShare root_share(const Piece& bass, std::span<const int> roots);

}  // namespace sage
