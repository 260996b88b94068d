// A chord for every bar of some parts: the likeliest path through major and minor triads by what
// sounds in each bar, how chords follow each other, and the key (Viterbi 1967).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"
#include "score/score.h"

namespace sage {

struct HarmoniseOptions {
  int first_bar = 0;
  int bars = 0;        // 0: to the end
  std::string key;     // empty: estimated by correlation with key profiles
  std::string unlike;  // a progression whose chords are avoided bar by bar; empty: none
};

/// "C | Am | F | G7", as parse_progression() reads it. Bars without notes hold the chord before.
/// Errors: bars that there are not, a key or progression that is none, parts without pitched notes.
Result<std::string> harmonise(const Score& score, std::span<const std::size_t> tracks,
                              const HarmoniseOptions& options);

}  // namespace sage
