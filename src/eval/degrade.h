// Real pieces made worse in known ways: outputs whose place in a table is known beforehand, by
// which a measure can be judged.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "score/score.h"

namespace sage {

struct Degradation {
  std::string_view name;
  std::string_view description;
  /// Changes what begins at `from` or later; the same for the same seed.
  Score (*apply)(const Score& score, Tick from, std::uint64_t seed);
};

/// identity, transposed, shuffled_bars, jittered, thinned, random_pitches.
std::span<const Degradation> degradations();

/// Keeps the first `skip_bars` bars as they are. Errors: kLimit, as bars_of.
Result<Score> degrade(const Score& score, const Degradation& how, std::size_t skip_bars,
                      std::uint64_t seed);

}  // namespace sage
