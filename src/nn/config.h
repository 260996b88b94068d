// The shape of a model, as data; shared by engine and trainer and stored in every model file as
// JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/attention_spec.h"
#include "nn/output_spec.h"

namespace sage {

enum class Activation { kSwiGlu, kGelu };

struct ModelConfig {
  int vocab_size = 0;  // V
  int d_model = 256;   // d
  int layers = 6;      // L
  int heads = 4;       // h; head_dim = d / h, even
  int kv_heads = 1;    // G; the most that any layer has
  std::string attention = "as-kvhs";
  /// (L, h): the K/V head that each query head reads, for a member whose layers differ
  /// (as-kvhs-merged). Empty: every layer as the member makes it of h and G.
  std::vector<std::vector<int>> kv_groups = {};
  int d_ff = 768;         // f
  bool ff_banks = false;  // feed-forward weights chosen by the token's attribute
  Activation activation = Activation::kSwiGlu;
  bool tied = true;  // output head = embedding
  std::string output = "flat";
  int fields = 1;      // S: ids a step; 1 for flat, more for the others
  int context = 1024;  // longest sequence seen in training, in steps
  int window = 1024;   // steps that attention looks back at most, sinks apart
  int sinks = 4;       // first steps that stay visible when the window slides
  float rope_theta = 10'000.0f;
  float norm_eps = 1e-5f;
  int attributes = 6;                          // A
  std::vector<std::uint8_t> token_attributes;  // (V): the attribute of each token id

  int head_dim() const { return d_model / heads; }
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

nlohmann::json to_json(const ModelConfig& config);
/// Checks every field against limits that keep later arithmetic safe.
Result<ModelConfig> model_config_from_json(const nlohmann::json& json);
/// Refuses a config that no model can have, with the reason.
Result<void> validate(const ModelConfig& config);
/// The attention of a layer. Precondition: validate() accepts, 0 <= layer < L.
AttentionSpec attention_of(const ModelConfig& config, int layer);
/// K/V heads of all layers together.
int total_kv_heads(const ModelConfig& config);
/// How it writes a step. Precondition: validate() accepts.
OutputSpec output_of(const ModelConfig& config);

/// In words, e.g. "d256 L6 h4, as-kvhs with 1 K/V head".
std::string describe(const ModelConfig& config);

/// Named shapes: "tiny", "small", "base", "large". Vocabulary and attributes are the caller's.
Result<ModelConfig> shape_config(std::string_view name);

}  // namespace sage
