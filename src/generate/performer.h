// A performer: a model that reads a piece from left to right and gives every note its loudness, by
// all that stands before it. It changes no note, so that any model's music can be performed, and
// kept parts set the level of the new ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/sampler.h"
#include "score/loudness.h"
#include "score/score.h"

namespace sage {

struct PerformerOptions {
  SamplerOptions sampler{.top_p = 0.9};  // of a velocity; the tail is mostly single wrong accents
  std::uint64_t seed = 0;
  int threads = 1;
};

/// Refuses a model that cannot: its tokens must be those of remi+ with velocities, without merges.
Result<void> can_perform(const Engine& engine);

/// Draws a velocity for every note of the score but those of `kept`, which are heard as they are.
/// Returns the number of notes that were given one. The same seed gives the same velocities.
/// Errors: can_perform()'s, and a score that cannot be put on the grid.
Result<std::size_t> perform(const std::shared_ptr<const Engine>& engine, Score& score,
                            const KeptNotes& kept, const PerformerOptions& options);

}  // namespace sage
