// The weights of a model: immutable, shared by all sessions, used where they lie in the mapped
// file.
//
// Knows the metadata of a model file and checks all of it; does not interpret the tokenizer in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "nn/aligned_buffer.h"
#include "nn/config.h"
#include "nn/quantise.h"
#include "nn/safetensors.h"

namespace sage {

/// The element type of all matrices; norms are f32 always. I8: rows with an f32 scale each, in a
/// tensor whose name has "scale" in place of "weight" and whose shape lacks the last dimension. I4:
/// rows of row_bytes() bytes with a bfloat16 scale a group, in a tensor of that name; matrices
/// outside the layers (embedding, heads), which are few and tell most, are I8.
using WeightType = DType;

std::string_view to_string(WeightType type);  // "f32", "bf16", "int8", "int4"
Result<WeightType> weight_type_from_string(std::string_view name);

/// Metadata of a model file. All are required in a file, with sage.xxh3 (see safetensors.h).
inline constexpr std::string_view kFormatKey = "sage.format";        // "1"
inline constexpr std::string_view kModelKey = "sage.model";          // to_json(ModelConfig)
inline constexpr std::string_view kTokenizerKey = "sage.tokenizer";  // JSON, for the tokens layer
inline constexpr std::string_view kLicenceKey = "sage.licence";      // of the weights
inline constexpr std::string_view kDataKey = "sage.data";            // what it was trained on
inline constexpr std::string_view kTrainingKey = "sage.training";    // how it was trained

using Metadata = std::map<std::string, std::string>;

/// A linear layer: `banks` matrices (out, in), the one used being chosen by the attribute of the
/// token.
struct Linear {
  const void* data = nullptr;          // (banks, out, in) of `type`
  const float* scales = nullptr;       // (banks, out); I8 only
  const Bf16* group_scales = nullptr;  // (banks, out, group_count(in)); I4 only
  WeightType type = WeightType::kF32;
  std::int64_t out = 0;
  std::int64_t in = 0;
  int banks = 1;

  const void* rows(int bank, std::int64_t row = 0) const {
    return static_cast<const std::uint8_t*>(data) + (bank * out + row) * row_bytes(type, in);
  }
  RowScales scales_of(int bank, std::int64_t row = 0) const {
    const std::int64_t number = bank * out + row;
    return {scales == nullptr ? nullptr : scales + number,
            group_scales == nullptr ? nullptr : group_scales + number * group_count(in)};
  }
};

class Weights {
 public:
  struct Layer {
    const float* attn_norm = nullptr;
    Linear q, k, v, o;
    const float* ff_norm = nullptr;
    Linear gate, up, down;  // gate is empty for GELU
  };

  /// The heads of the fields, a bank a field; empty for flat models.
  struct Fields {
    const float* norm = nullptr;  // chained outputs only
    Linear up, down;
  };

  /// Maps a model file and checks its checksum, metadata and tensors against tensor_specs().
  static Result<std::shared_ptr<const Weights>> load(const std::filesystem::path& path);
  /// The same from the bytes of such a file, of which it keeps a copy.
  static Result<std::shared_ptr<const Weights>> load(std::span<const std::uint8_t> bytes);
  /// Weights of a freshly initialised model (normal, 1/sqrt(in)), for benchmarks and tests.
  static Result<std::shared_ptr<const Weights>> random(const ModelConfig& config, WeightType type,
                                                       std::uint64_t seed);
  /// A model in memory from a copy of tensors, checked like those of a file. `metadata` is that of
  /// a file; its checksum is left out.
  static Result<std::shared_ptr<const Weights>> copy_of(const ModelConfig& config,
                                                        const Metadata& metadata,
                                                        std::span<const TensorView> tensors);
  /// The same model with other elements, in memory. I8 and I4 to anything keep the loss they have;
  /// to its own type it is a copy.
  std::shared_ptr<const Weights> convert(WeightType type) const;
  /// Writes a model file, atomically.
  Result<void> save(const std::filesystem::path& path) const;

  const ModelConfig& config() const { return config_; }
  WeightType type() const { return layers_.front().q.type; }
  const Metadata& metadata() const { return metadata_; }
  /// Identifies the file: its XXH3-128 in 32 hexadecimal digits. Empty for weights made in memory.
  const std::string& hash() const { return hash_; }
  std::size_t bytes() const;  // of all tensors

  const Linear& embed() const { return embed_; }
  const Linear& head() const { return config_.tied ? embed_ : head_; }
  const Layer& layer(int i) const { return layers_[static_cast<std::size_t>(i)]; }
  const Fields& fields() const { return fields_; }
  const float* final_norm() const { return final_norm_; }
  std::span<const TensorView> tensors() const { return tensors_; }

 private:
  Weights() = default;
  static Result<std::shared_ptr<Weights>> parse(std::span<const std::uint8_t> bytes);
  void bind();
  void own(std::vector<TensorView> tensors);

  MappedFile file_;       // what the tensors lie in: a file,
  AlignedBuffer memory_;  // or memory of their own
  ModelConfig config_;
  Metadata metadata_;
  std::string hash_;
  std::vector<TensorView> tensors_;
  Linear embed_, head_;
  std::vector<Layer> layers_;
  Fields fields_;
  const float* final_norm_ = nullptr;
};

/// Writes a model file from tensors named and shaped as in tensor_specs(config), all matrices of
/// one type. Sets the keys sage.format, sage.model and sage.xxh3; `metadata` must hold the others.
Result<void> save_weights(const std::filesystem::path& path, const ModelConfig& config,
                          const Metadata& metadata, std::span<const TensorView> tensors);

}  // namespace sage
