// Parts of a piece written again, by what stands around them: single bars, whole tracks
// (accompaniment), or some tracks in some bars. The front door of two ways to do it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "generate/constraint.h"
#include "generate/engine.h"
#include "generate/sampler.h"
#include "generate/wishes.h"
#include "score/score.h"

namespace sage {

enum class InfillWay {
  kInPlace,  // left to right among the kept notes (in_place.h); else, for a model that cannot,
             // kFill
  kFill,     // after the bars around, as the model's FILL tokens have it (fill.h)
};

inline constexpr int kUsualInfillTakes = 4;

/// Old notes of a program that is written which stay: those that begin in [from, to), in ticks of
/// the piece. Nothing is written there.
struct KeptSpan {
  int program = 0;
  Tick from, to;
};

struct InfillRequest {
  Score piece;
  /// What is to be written, 0..128; what the piece has of it in these bars goes. Empty: all
  /// programs of the piece.
  std::vector<int> programs;
  int first_bar = 0;  // in the meters of the piece, from 0
  int bars = 0;       // 0: to the end
  Tick end;           // of the piece, where silent bars follow its last note
  SamplerOptions sampler;
  std::uint64_t seed = 0;
  int threads = 1;
  std::vector<KeptSpan> kept;  // in place alone
  Wishes wishes;  // for the new notes, in place alone; the hole's first bar is their first
  InfillWay way = InfillWay::kInPlace;
  /// In place: number of versions of every hole. Kept is, of those in which most of the
  /// asked programs play, the one under which the model expects the kept pitches in the hole and in
  /// the two bars after it most.
  int takes = kUsualInfillTakes;
};

struct Infilled {
  Score score;            // the piece with the new notes; all others in their own timing
  std::size_t notes = 0;  // new ones
  std::size_t stretches = 0;
  std::vector<WishLoss> losses;
  /// The new notes alone and the bars in which they stand, on the tokens' grid.
  Score fresh;
  Tick from, to;
};

/// Bars done of bars to do; false stops (kInterrupted).
using InfillCallback = std::function<bool(int done, int all)>;

/// Whether a model can fill holes at all: those with delayed fields cannot.
Result<void> can_infill(const Engine& engine);

/// Errors: a request that asks for bars or programs that there are not, a model with delayed
/// fields; those of the way that is taken.
Result<Infilled> infill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                        const InfillCallback& callback = {});

}  // namespace sage
