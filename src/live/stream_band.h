// The model as a band: a stream whose given programs are the person's and whose written ones are
// the band's.
#pragma once

#include <memory>

#include "generate/engine.h"
#include "generate/sampler.h"
#include "live/band.h"
#include "live/lineup.h"

namespace sage::live {

struct BandOptions {
  Lineup lineup;
  Meter meter;
  double bpm = 120;
  /// Guesses the person's part in what is not heard yet.
  bool guess = true;
  SamplerOptions sampler{.top_p = kUsualTopP};
  std::uint64_t seed = 0;
  int threads = 1;
};

/// Errors: as Stream::create's.
Result<std::unique_ptr<Band>> stream_band(std::shared_ptr<const Engine> engine,
                                          const BandOptions& options);

}  // namespace sage::live
