// A model file opened for use: weights, tokenizer and what the file says of itself. Immutable;
// share it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/error.h"
#include "nn/model.h"
#include "tokens/tokenizer.h"

namespace sage {

class Engine {
 public:
  /// Opens a model file and checks that its tokenizer and its weights belong together. `type`
  /// converts the weights in memory; without it they stay as stored. `cache` is the element type of
  /// the K/V caches; without it, the one that goes with the weights.
  static Result<std::shared_ptr<const Engine>> open(const std::filesystem::path& path,
                                                    std::optional<WeightType> type = std::nullopt,
                                                    std::optional<DType> cache = std::nullopt);
  /// The same from the bytes of a model file, which it copies.
  static Result<std::shared_ptr<const Engine>> open(std::span<const std::uint8_t> bytes,
                                                    std::optional<WeightType> type = std::nullopt,
                                                    std::optional<DType> cache = std::nullopt);
  /// The same from parts, for tests and benchmarks.
  static Result<std::shared_ptr<const Engine>> create(Tokenizer tokenizer,
                                                      std::shared_ptr<const Weights> weights,
                                                      std::optional<DType> cache = std::nullopt);

  const Tokenizer& tokenizer() const { return tokenizer_; }
  const Model& model() const { return model_; }
  const Weights& weights() const { return *weights_; }
  /// Longest sequence of steps (tokens, in a flat model) that the model attends over as it was
  /// trained to.
  int context() const;
  /// Number of steps kept and read again when the context is full, after a fresh header, so that
  /// the model sees what it saw in training: a header and whole bars.
  int kept_context() const { return context() * 3 / 5; }
  /// The element type of K/V caches.
  DType cache_type() const { return cache_type_; }

 private:
  Engine(Tokenizer tokenizer, std::shared_ptr<const Weights> weights, std::optional<DType> cache);

  Tokenizer tokenizer_;
  std::shared_ptr<const Weights> weights_;
  Model model_;
  DType cache_type_;
};

/// The tokenizer that a model file names.
Result<TokenizerConfig> tokenizer_config_of(const Weights& weights);

/// Fills in what a model's config says of its vocabulary: its size, each token's attribute, and the
/// fields of a step where its output is compound.
void describe_vocabulary(const Tokenizer& tokenizer, ModelConfig& config);

}  // namespace sage
