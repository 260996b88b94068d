// One piece written by a model, and the clock beside it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/infill.h"
#include "generate/request.h"

namespace sage {

struct TimedPiece {
  Score score;
  std::size_t notes = 0;  // new ones
  std::size_t tokens = 0, prompt_tokens = 0;
  double seconds = 0;           // from the request to the end
  double first_note_ms = 0;     // from the request to the first note; 0 where it is not known
  std::vector<double> note_ms;  // from each further note to the one before it
};

Result<TimedPiece> generate_timed(const std::shared_ptr<const Engine>& engine,
                                  const Request& request, int threads);

/// Holes are filled whole: only the time in all is known, and no tokens are counted.
Result<TimedPiece> infill_timed(const std::shared_ptr<const Engine>& engine,
                                const InfillRequest& request);

}  // namespace sage
