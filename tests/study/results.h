// Results of arms with known differences, without a model.
#pragma once

#include "base/random.h"
#include "study/analysis.h"

namespace sage::test {

inline constexpr std::size_t kPieces = 24;

/// Nats and NMSI around 4 and 40, which differ by piece and a little by seed; then `nats` and
/// `nmsi` added to every piece, give or take a hundredth.
inline ArmResult made_up_result(const std::string& arm, std::uint64_t seed, double nats = 0,
                                double nmsi = 0) {
  ArmResult result;
  result.arm = arm;
  result.seed = seed;
  result.model.vocab_size = 4;
  result.model.token_attributes = {0, 1, 2, 3};
  result.parameters = 1'000;
  result.training = {10, 4, 50.5, 2'000, 1.5, {{500, 6}, {1'000, 5}, {2'020, 4.5}}};
  Random piece_random(7), noise(seed * 1'000 + arm.size());
  for (std::size_t i = 0; i < kPieces; ++i) {
    const double base = piece_random.uniform();
    const double jitter = 0.02 * (noise.uniform() - 0.5);
    const double value = 4 + base + 0.005 * static_cast<double>(seed) + nats + jitter;
    result.pieces.push_back({value * 100, 100, 310});
    const double share = (40 + 10 * base + nmsi + jitter) / 100;
    result.continuations.push_back({share, share, share, share});
  }
  result.written_notes = 500;
  result.writing_seconds = 0.5;
  result.machine = "a machine";
  return result;
}

}  // namespace sage::test
