// Measures the heads of a model over pieces of music, in the engine.
#pragma once

#include <span>
#include <vector>

#include "generate/engine.h"
#include "heads/measurement.h"
#include "nn/attention_observer.h"

namespace sage {

/// Works for every member of the attention family. Precondition: the model is flat, a token a step.
/// Not thread-safe.
class HeadMeter : private AttentionObserver {
 public:
  /// The engine must outlive the meter.
  explicit HeadMeter(const Engine& engine);

  /// Adds a whole encoded piece. Beyond the model's context it is read as `likelihood` reads it:
  /// the header and the latest bars again, whose tokens do not count twice, then new tokens.
  void add(std::span<const TokenId> piece);

  /// What all pieces together show.
  HeadMeasurement result() const;

 private:
  void attended(int layer, int head, std::int64_t position,
                std::span<const double> probabilities) noexcept override;
  void read(std::span<const TokenId> block, std::size_t known);

  const Engine& engine_;
  int heads_, attributes_;
  std::vector<std::uint32_t> keys_;  // (h): attributes that each query head may see
  Workspace workspace_;
  KvCache cache_;
  // Of the block at hand:
  std::vector<std::uint8_t> attribute_of_;       // (tokens)
  std::vector<std::vector<std::uint8_t>> kept_;  // (h): of the entries that each head sees
  std::int64_t known_ = 0;                       // tokens that were counted before
  // Sums over all tokens so far, in the shapes of HeadMeasurement:
  std::int64_t pieces_ = 0, tokens_ = 0;
  std::vector<double> mass_, uniform_, queries_;
};

}  // namespace sage
