#include "nn/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/normal.h"
#include "nn/quantise.h"
#include "nn/tensor_spec.h"

namespace sage {
namespace {

constexpr std::string_view kFormat = "1";
constexpr std::string_view kFirstMatrix = "layers.0.attn.q.weight";  // tells a model's type

constexpr std::pair<WeightType, std::string_view> kTypeNames[] = {{WeightType::kF32, "f32"},
                                                                  {WeightType::kBf16, "bf16"},
                                                                  {WeightType::kI8, "int8"},
                                                                  {WeightType::kI4, "int4"}};

tl::unexpected<Error> bad_weights(std::string message) {
  return fail(ErrorCode::kMismatch, "model file: " + std::move(message));
}

std::string scale_name(std::string_view weight_name) {
  const std::string_view suffix = "weight";
  return std::string(weight_name.substr(0, weight_name.size() - suffix.size())) + "scale";
}

const TensorView* find(std::span<const TensorView> tensors, std::string_view name) {
  for (const TensorView& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

std::string to_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return text;
}

/// Whether no element is infinite or not a number: all exponent bits set says either.
template <class Bits>
bool is_finite(std::span<const std::uint8_t> bytes, Bits exponent) {
  bool finite = true;
  for (std::size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + at, sizeof bits);
    finite &= (bits & exponent) != exponent;
  }
  return finite;
}

bool is_finite(const TensorView& tensor) {
  if (tensor.dtype == DType::kF32) return is_finite(tensor.bytes, std::uint32_t{0x7f800000});
  if (tensor.dtype == DType::kBf16) return is_finite(tensor.bytes, std::uint16_t{0x7f80});
  return true;
}

Result<void> check_tensor(std::span<const TensorView> tensors, const std::string& name, DType type,
                          const std::vector<std::int64_t>& shape) {
  const TensorView* tensor = find(tensors, name);
  if (tensor == nullptr) return bad_weights("the tensor " + name + " is missing");
  if (tensor->dtype != type)
    return bad_weights("the tensor " + name + " is " + std::string(name_of(tensor->dtype)) +
                       " and must be " + std::string(name_of(type)));
  if (tensor->shape != shape)
    return bad_weights("the tensor " + name + " is " + to_text(tensor->shape) + " and must be " +
                       to_text(shape));
  if (!is_finite(*tensor))
    return bad_weights("the tensor " + name + " holds numbers that are not finite");
  return {};
}

/// What a tensor is stored as in a model of some type.
DType stored_type(const TensorSpec& spec, WeightType type) {
  if (!spec.matrix) return DType::kF32;
  return type == WeightType::kI4 && !spec.name.starts_with("layers.") ? DType::kI8 : type;
}

/// The shape of a tensor in a file, whose last dimension counts bytes where the type is int4.
std::vector<std::int64_t> stored_shape(const TensorSpec& spec, DType stored) {
  std::vector<std::int64_t> shape = spec.shape;
  if (stored == DType::kI4) shape.back() = row_bytes(stored, shape.back());
  return shape;
}

/// The shape and the type of its scales.
std::pair<std::vector<std::int64_t>, DType> scale_shape(const TensorSpec& spec, DType stored) {
  std::vector<std::int64_t> shape = spec.shape;
  if (stored == DType::kI8) {
    shape.pop_back();
    return {shape, DType::kF32};
  }
  shape.back() = group_count(shape.back());
  return {shape, DType::kBf16};
}

/// What running a model takes depends on its window too, which no tensor shows. A full K/V cache
/// beyond kFreeMemory must stand in some proportion to the weights.
Result<void> check_memory(const ModelConfig& config, std::span<const TensorView> tensors) {
  constexpr std::int64_t kFreeMemory = std::int64_t{1} << 30;
  constexpr std::int64_t kMostTimes = 64;
  std::int64_t stored = 0;
  for (const TensorView& tensor : tensors) stored += static_cast<std::int64_t>(tensor.bytes.size());
  const std::int64_t per_token =
      2 * std::int64_t{total_kv_heads(config)} * config.head_dim() * std::int64_t{sizeof(float)};
  const std::int64_t cache = per_token * std::max(config.window, config.context);
  if (cache <= kFreeMemory + kMostTimes * stored) return {};
  return bad_weights("a window of " + std::to_string(config.window) + " and a context of " +
                     std::to_string(config.context) + " tokens need " +
                     std::to_string(cache >> 20) + " MiB, for weights of " +
                     std::to_string(stored >> 20) + " MiB");
}

/// Exactly the tensors that the config calls for, all matrices of one type, which is that of the
/// first layer.
Result<void> check_tensors(const ModelConfig& config, std::span<const TensorView> tensors) {
  const TensorView* first = find(tensors, kFirstMatrix);
  if (first == nullptr)
    return bad_weights("the tensor " + std::string(kFirstMatrix) + " is missing");
  std::size_t expected = 0;
  for (const TensorSpec& spec : tensor_specs(config)) {
    const DType type = stored_type(spec, first->dtype);
    if (auto ok = check_tensor(tensors, spec.name, type, stored_shape(spec, type)); !ok) return ok;
    ++expected;
    if (!is_integer(type)) continue;
    const auto [shape, scale] = scale_shape(spec, type);
    if (auto ok = check_tensor(tensors, scale_name(spec.name), scale, shape); !ok) return ok;
    ++expected;
  }
  if (tensors.size() != expected)
    return bad_weights("it has " + std::to_string(tensors.size()) +
                       " tensors and its config needs " + std::to_string(expected));
  return {};
}

Result<void> check_keys(const Metadata& metadata, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys)
    if (!metadata.contains(std::string(key)))
      return bad_weights("the metadata key " + std::string(key) +
                         " is missing; is this a SAGE model?");
  return {};
}

/// Tensors with bytes of their own, while a model is being made.
struct OwnedTensors {
  std::vector<TensorView> views;
  std::vector<StoredMatrix> data;  // same order; a view of scales lies in the data before it

  void add(const TensorSpec& spec, std::span<const float> values, WeightType type) {
    const DType stored = stored_type(spec, type);
    const StoredMatrix& matrix = data.emplace_back(narrow(values, spec.shape.back(), stored));
    views.push_back({spec.name, stored, stored_shape(spec, stored), matrix.bytes});
    if (!is_integer(stored)) return;
    const auto [shape, scale] = scale_shape(spec, stored);
    const auto bytes = scale == DType::kF32 ? std::as_bytes(std::span(matrix.scales))
                                            : std::as_bytes(std::span(matrix.group_scales));
    views.push_back({scale_name(spec.name),
                     scale,
                     shape,
                     {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}});
  }
};

std::size_t element_count(const TensorSpec& spec) {
  std::size_t count = 1;
  for (const std::int64_t n : spec.shape) count *= static_cast<std::size_t>(n);
  return count;
}

}  // namespace

std::string_view to_string(WeightType type) {
  return kTypeNames[static_cast<std::size_t>(type)].second;
}

Result<WeightType> weight_type_from_string(std::string_view name) {
  for (const auto& [type, type_name] : kTypeNames)
    if (type_name == name) return type;
  return fail(ErrorCode::kInvalidArgument, "no weight type is called '" + std::string(name) +
                                               "'; there are f32, bf16, int8, int4");
}

std::size_t Weights::bytes() const {
  std::size_t total = 0;
  for (const TensorView& tensor : tensors_) total += tensor.bytes.size();
  return total;
}

/// Copies tensors into memory of the object's own, each at a multiple of the alignment.
void Weights::own(std::vector<TensorView> tensors) {
  constexpr std::size_t kAlignment = AlignedBuffer::kAlignment;
  const auto padded = [](std::size_t n) { return (n + kAlignment - 1) / kAlignment * kAlignment; };
  std::size_t total = 0;
  for (const TensorView& tensor : tensors) total += padded(tensor.bytes.size());
  memory_ = AlignedBuffer(total);
  std::uint8_t* at = memory_.bytes();
  for (TensorView& tensor : tensors) {
    std::memcpy(at, tensor.bytes.data(), tensor.bytes.size());
    tensor.bytes = {at, tensor.bytes.size()};
    at += padded(tensor.bytes.size());
  }
  tensors_ = std::move(tensors);
}

/// Points the typed views at the tensors, which must be complete.
void Weights::bind() {
  const auto norm = [&](const std::string& name) {
    return reinterpret_cast<const float*>(find(tensors_, name)->bytes.data());
  };
  std::map<std::string, TensorSpec> specs;
  for (TensorSpec& spec : tensor_specs(config_)) specs.emplace(spec.name, std::move(spec));
  const auto linear = [&](const std::string& name) {
    const TensorView& tensor = *find(tensors_, name);
    const auto& shape = specs.at(name).shape;
    Linear out;
    out.data = tensor.bytes.data();
    out.type = tensor.dtype;
    out.in = shape.back();
    out.out = shape[shape.size() - 2];
    out.banks = shape.size() == 3 ? static_cast<int>(shape[0]) : 1;
    if (!is_integer(out.type)) return out;
    const std::uint8_t* const scales = find(tensors_, scale_name(name))->bytes.data();
    if (out.type == DType::kI8)
      out.scales = reinterpret_cast<const float*>(scales);
    else
      out.group_scales = reinterpret_cast<const Bf16*>(scales);
    return out;
  };
  embed_ = linear("embed.weight");
  if (!config_.tied) head_ = linear("head.weight");
  final_norm_ = norm("final_norm.weight");
  const OutputSpec output = output_of(config_);
  if (output.chained) fields_.norm = norm("fields.norm.weight");
  if (output.compound)
    fields_ = {fields_.norm, linear("fields.up.weight"), linear("fields.down.weight")};
  layers_.resize(static_cast<std::size_t>(config_.layers));
  for (int i = 0; i < config_.layers; ++i) {
    const std::string prefix = "layers." + std::to_string(i) + ".";
    Layer& layer = layers_[static_cast<std::size_t>(i)];
    layer.attn_norm = norm(prefix + "attn_norm.weight");
    layer.q = linear(prefix + "attn.q.weight");
    layer.k = linear(prefix + "attn.k.weight");
    layer.v = linear(prefix + "attn.v.weight");
    layer.o = linear(prefix + "attn.o.weight");
    layer.ff_norm = norm(prefix + "ff_norm.weight");
    if (config_.activation == Activation::kSwiGlu) layer.gate = linear(prefix + "ff.gate.weight");
    layer.up = linear(prefix + "ff.up.weight");
    layer.down = linear(prefix + "ff.down.weight");
  }
}

Result<std::shared_ptr<Weights>> Weights::parse(std::span<const std::uint8_t> bytes) {
  auto parsed = parse_safetensors(bytes);
  if (!parsed) return tl::unexpected(parsed.error());
  Metadata& metadata = parsed->metadata;
  if (auto ok = check_keys(metadata, {kFormatKey, kModelKey, kTokenizerKey, kLicenceKey, kDataKey,
                                      kTrainingKey, kChecksumKey});
      !ok)
    return tl::unexpected(ok.error());
  if (const std::string& format = metadata[std::string(kFormatKey)]; format != kFormat)
    return fail(ErrorCode::kUnsupported, "model format '" + format +
                                             "' is not known; this program reads format " +
                                             std::string(kFormat));
  const auto json = nlohmann::json::parse(metadata[std::string(kModelKey)], nullptr, false);
  auto config = model_config_from_json(json);
  if (!config) return tl::unexpected(config.error());
  if (auto ok = check_tensors(*config, parsed->tensors); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_memory(*config, parsed->tensors); !ok) return tl::unexpected(ok.error());

  std::shared_ptr<Weights> weights(new Weights);
  weights->config_ = *std::move(config);
  weights->hash_ = metadata[std::string(kChecksumKey)];
  weights->metadata_ = std::move(metadata);
  weights->tensors_ = std::move(parsed->tensors);
  weights->bind();
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::load(const std::filesystem::path& path) {
  auto mapped = MappedFile::open(path);
  if (!mapped) return tl::unexpected(mapped.error());
  auto weights = parse(mapped->bytes());
  if (!weights) return fail(path.string(), weights.error());
  (*weights)->file_ = *std::move(mapped);
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::load(std::span<const std::uint8_t> bytes) {
  AlignedBuffer copy(bytes.size());
  std::ranges::copy(bytes, copy.bytes());
  auto weights = parse({copy.bytes(), bytes.size()});
  if (!weights) return fail("model", weights.error());
  (*weights)->memory_ = std::move(copy);
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::random(const ModelConfig& config, WeightType type,
                                                       std::uint64_t seed) {
  if (auto ok = validate(config); !ok) return tl::unexpected(ok.error());
  Random random(seed);
  OwnedTensors tensors;
  const auto specs = tensor_specs(config);
  tensors.data.reserve(specs.size());
  for (const TensorSpec& spec : specs) {
    std::vector<float> values(element_count(spec), 1.0f);
    const double deviation = 1 / std::sqrt(static_cast<double>(spec.shape.back()));
    for (float& value : values) {
      const double normal = standard_normal(random);
      value = static_cast<float>(spec.matrix ? deviation * normal : 1 + 0.1 * normal);
    }
    tensors.add(spec, values, type);
  }
  std::shared_ptr<Weights> weights(new Weights);
  weights->config_ = config;
  for (const std::string_view key : {kTokenizerKey, kLicenceKey, kDataKey, kTrainingKey})
    weights->metadata_[std::string(key)] = "none: random weights";
  weights->own(std::move(tensors.views));
  weights->bind();
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::copy_of(const ModelConfig& config,
                                                        const Metadata& metadata,
                                                        std::span<const TensorView> tensors) {
  if (auto ok = validate(config); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_tensors(config, tensors); !ok) return tl::unexpected(ok.error());
  std::shared_ptr<Weights> weights(new Weights);
  weights->config_ = config;
  weights->metadata_ = metadata;
  weights->metadata_.erase(std::string(kChecksumKey));
  weights->own({tensors.begin(), tensors.end()});
  weights->bind();
  return weights;
}

std::shared_ptr<const Weights> Weights::convert(WeightType target) const {
  // As they are: narrowing once more what was narrow already would lose again.
  if (target == type()) return copy_of(config_, metadata_, tensors_).value();
  OwnedTensors tensors;
  const auto specs = tensor_specs(config_);
  tensors.data.reserve(specs.size());
  for (const TensorSpec& spec : specs) {
    const TensorView& source = *find(tensors_, spec.name);
    const TensorView* scales = find(tensors_, scale_name(spec.name));
    const std::int64_t columns = spec.shape.back(), groups = group_count(columns);
    std::vector<float> values(element_count(spec));
    const auto rows = static_cast<std::int64_t>(values.size()) / columns;
    for (std::int64_t row = 0; row < rows; ++row) {
      RowScales of_row;
      if (source.dtype == DType::kI8)
        of_row.row = reinterpret_cast<const float*>(scales->bytes.data()) + row;
      if (source.dtype == DType::kI4)
        of_row.groups = reinterpret_cast<const Bf16*>(scales->bytes.data()) + row * groups;
      widen(source.bytes.data() + row * row_bytes(source.dtype, columns), of_row, source.dtype,
            std::span(values).subspan(static_cast<std::size_t>(row * columns),
                                      static_cast<std::size_t>(columns)));
    }
    tensors.add(spec, values, target);
  }
  std::shared_ptr<Weights> weights(new Weights);
  weights->config_ = config_;
  weights->metadata_ = metadata_;
  weights->own(std::move(tensors.views));
  weights->bind();
  return weights;
}

Result<void> Weights::save(const std::filesystem::path& path) const {
  return save_weights(path, config_, metadata_, tensors_);
}

Result<void> save_weights(const std::filesystem::path& path, const ModelConfig& config,
                          const Metadata& metadata, std::span<const TensorView> tensors) {
  if (auto ok = validate(config); !ok) return ok;
  if (auto ok = check_keys(metadata, {kTokenizerKey, kLicenceKey, kDataKey, kTrainingKey}); !ok)
    return ok;
  if (auto ok = check_tensors(config, tensors); !ok) return ok;
  Metadata all = metadata;
  all[std::string(kFormatKey)] = kFormat;
  all[std::string(kModelKey)] = to_json(config).dump();
  return write_safetensors(path, all, tensors);
}

}  // namespace sage
