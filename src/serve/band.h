// What the model is asked to do with a piece, track by track, and its new notes as they come. The
// seam between requests and the library's ways of writing.
//
// Shares the engine; calls may run at the same time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/infill.h"
#include "generate/request.h"
#include "score/score.h"
#include "serve/playing.h"

namespace sage::serve {

/// One thing that was written, in ticks of the piece.
struct Written {
  enum class Type { kNote, kBar, kTempo, kMeter };
  Type type = Type::kNote;
  std::optional<std::size_t> track;  // of the piece; none: a program that the piece lacks
  int program = 0;                   // 0..128
  Note note;                         // of the others the onset
  std::uint32_t us_per_quarter = 0;
  Meter meter;
};

struct Listener {
  std::function<void(const Written&)> hear = [](const Written&) {};
  std::function<bool()> stop = [] { return false; };
  int threads = 1;  // for the model
};

struct Outcome {
  Score score;  // the whole piece; of infill, tracks as in the piece
  std::size_t notes = 0;
  /// Of the notes that were told, in that order, where the whole piece gives them others than what
  /// stood before them; else empty.
  std::vector<std::uint8_t> velocities;
};

inline constexpr int kUsualTicks = 480;  // a quarter, where there is no piece yet

/// Music from nothing, or what follows the first bars of a piece. Its notes are told an onset at a
/// time. Errors: Generator::create()'s, the performer's, kInterrupted.
Result<Outcome> compose(const std::shared_ptr<const Engine>& engine, const Request& request,
                        const Performer& performer, const Listener& listener);

struct Rewriting {
  Score piece;
  std::vector<std::size_t> tracks;  // of the piece, to be written again; empty: all
  std::vector<int> programs;        // further ones, which the piece lacks
  int first_bar = 0;                // from 0
  int bars = 0;                     // 0: to the end
  Wishes wishes;                    // for the new notes; the first bar written is their first
  SamplerOptions sampler;
  std::uint64_t seed = 0;
  int versions = kUsualInfillTakes;  // of which the best is kept
};

/// Some tracks in some bars, written again by what stands around them. Tracks that share a program
/// are kept apart (generate/casting.h). Errors: infill()'s, the performer's, a track that there is
/// not.
Result<Outcome> rewrite(const std::shared_ptr<const Engine>& engine, const Rewriting& wish,
                        const Performer& performer, const Listener& listener);

}  // namespace sage::serve
