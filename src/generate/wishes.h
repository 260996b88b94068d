// What a listener asks of the notes that are written, as plain data. Words, programs and chord
// symbols are texts or numbers here; constraints/ has what each one means for the notes.
//
// Knows nothing of models. wishes_json.h reads and writes it, wishes_check.h finds contradictions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "score/playable_range.h"
#include "score/score.h"

namespace sage {

/// Stands for every instrument that has no wish of its own.
inline constexpr int kEveryProgram = -1;

struct RangeWish {
  int program = 0;
  PitchRange range;
  friend bool operator==(const RangeWish&, const RangeWish&) = default;
};

struct PolyphonyWish {
  int program = kEveryProgram;
  int voices = 1;  // notes that may sound at once, 1..128
  friend bool operator==(const PolyphonyWish&, const PolyphonyWish&) = default;
};

struct DensityWish {
  int program = kEveryProgram;
  double notes = 0;  // a bar, of each instrument; 0: silence, hard
  friend bool operator==(const DensityWish&, const DensityWish&) = default;
};

struct RhythmWish {
  int program = kEveryProgram;
  /// Bars with "|" between them, which repeat; the letters of a bar divide it evenly: x, a note
  /// begins here; o, one may; ., none does.
  std::string pattern;
  friend bool operator==(const RhythmWish&, const RhythmWish&) = default;
};

/// One voice whose pitches are given, one after another; its rhythm and what comes later are free.
struct MelodyWish {
  int program = 0;
  std::vector<int> pitches;
  /// Instead of pitches: the direction of each interval, of + (up), - (down) and = (the same).
  std::string contour;
  friend bool operator==(const MelodyWish&, const MelodyWish&) = default;
};

struct Wishes {
  std::string key;       // "Eb major"; empty: any
  double chromatic = 0;  // share of notes that may lie outside the key, 0..1
  /// "Cmaj7 | Dm7 G7 | %", repeated; empty: none. On strong beats (where a bar, its middle or a
  /// chord begins) notes are chord tones. Others are at most a quarter long, and no note sounds
  /// into a chord that it is foreign to.
  std::string chords;
  bool strict_chords = false;  // chord tones only
  bool bass_roots = true;      // where a chord begins, bass instruments play its bass
  std::vector<RangeWish> ranges;
  std::vector<PolyphonyWish> polyphony;
  bool single_voices = false;  // wind instruments and voices play one note at a time
  /// Ranges, voices, two hands of five fingers, six strings.
  bool playable = false;
  std::vector<DensityWish> density;
  std::vector<RhythmWish> rhythm;
  std::vector<MelodyWish> melody;
  std::optional<double> surprise;  // mean entropy of a choice, in nats
  std::vector<int> drum_map;       // keys of the drum kit that may play; empty: all

  friend bool operator==(const Wishes&, const Wishes&) = default;
};

/// The wish for a program, else the one for every program; nullptr: none.
template <class Wish>
const Wish* wish_for(const std::vector<Wish>& wishes, int program) {
  const Wish* every = nullptr;
  for (const Wish& wish : wishes) {
    if (wish.program == program) return &wish;
    if (wish.program == kEveryProgram) every = &wish;
  }
  return every;
}

}  // namespace sage
