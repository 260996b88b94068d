// Parts of a piece written again, by what stands around them: single bars, whole tracks
// (accompaniment), or some tracks in some bars.
//
// The model reads a stretch of bars with holes and then says what belongs into them (the
// representation's FILL); what it has written is context for the next stretch. It is only good at
// what it has learnt: train with a share of holes (WindowOptions::hole_probability).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/sampler.h"
#include "score/score.h"

namespace sage {

struct InfillRequest {
  Score piece;
  /// What is to be written, 0..128; what the piece has of it in these bars goes. Empty: all
  /// programs of the piece.
  std::vector<int> programs;
  int first_bar = 0;  // in the meters of the piece, from 0
  int bars = 0;       // 0: to the end
  SamplerOptions sampler;
  std::uint64_t seed = 0;
  int threads = 1;
};

struct Infilled {
  Score score;            // the piece with the new notes; all others in their own timing
  std::size_t notes = 0;  // new ones
  std::size_t stretches = 0;
};

/// Bars done of bars to do; false stops (kInterrupted).
using InfillCallback = std::function<bool(int done, int all)>;

/// Whether a model can fill holes at all: those with delayed fields cannot.
Result<void> can_infill(const Engine& engine);

/// Errors: a request that asks for bars or programs that there are not, a model with delayed
/// fields, a context too short for the holes of one bar. Of a bar that is longer than the context
/// the model reads only some instruments.
Result<Infilled> infill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                        const InfillCallback& callback = {});

}  // namespace sage
