// Chords and keys as musicians write them: "F#m7b5/C", "Cmaj7 | Dm7 G7 | %", "A minor".
//
// Plain values and pure functions. Knows nothing of voicings: a chord is a set of pitch classes
// with a root and a bass.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sage {

/// Which of the twelve pitch classes (C = 0) belong to something.
using PitchClasses = std::bitset<12>;

struct Chord {
  int root = 0;  // pitch class
  int bass = 0;  // pitch class; the root but for slash chords
  PitchClasses tones;
  friend bool operator==(const Chord&, const Chord&) = default;
};

/// A chord symbol: a root, a quality, alterations and extensions, and perhaps a bass after a slash.
/// Common spellings are read: maj7, M7, Δ, m, min, -, dim, o, aug, +, ø, m7b5, sus2, sus4, 6, 69,
/// 7, 9, 11, 13, add9, b9, #9, #11, b13, no3, no5, alt. Error: a text that is none, naming the part
/// that was not understood.
Result<Chord> parse_chord(std::string_view text);

/// Bar by bar, the chords that share the bar evenly; none: no chord ("N.C." or an empty bar).
using Progression = std::vector<std::vector<Chord>>;

/// Bars separated by "|", chords within a bar by spaces; "%" repeats the bar before. Errors: as
/// parse_chord's with the number of the bar; no chord at all; "%" in the first bar.
Result<Progression> parse_progression(std::string_view text);

struct Key {
  int tonic = 0;  // pitch class
  PitchClasses scale;
  friend bool operator==(const Key&, const Key&) = default;
};

/// A tonic with a mode: "C", "Eb major", "f# minor", "Am", "D dorian". Without a mode: major; minor
/// has the natural, the raised sixth and the raised seventh degree. Error: a text that is none.
Result<Key> parse_key(std::string_view text);

}  // namespace sage
