// What a stream is to be, as plain data with defaults.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/sampler.h"
#include "generate/wishes.h"
#include "score/score.h"

namespace sage {

struct StreamOptions {
  /// Programs 0..128: those whose notes come by push(), and those that the model writes. Disjoint.
  /// In this order they stand at a position, the given ones first, where the model's tokens have an
  /// order of the header's.
  std::vector<int> given, written;
  Meter meter = {4, 4};  // from the first bar on, see set_meter()
  double bpm = 120;
  /// Draws notes of the given programs too from heard() on: the model's guess of what is played
  /// there, which push() and hear() replace.
  bool guess = false;
  double presence = 1.0;  // see Request::presence; a part that never played is favoured at once
  SamplerOptions sampler{.top_p = kUsualTopP};
  Wishes wishes;  // for the written programs, see set_wishes()
  std::uint64_t seed = 0;
  int threads = 1;
};

}  // namespace sage
