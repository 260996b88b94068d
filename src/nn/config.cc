#include "nn/config.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace sage {
namespace {

using nlohmann::json;

struct IntField {
  const char* name;
  int ModelConfig::*member;
  int low, high;
};

// The limits keep every product of two or three of these inside 64 bits, and a hostile file's model
// inside memory that its tensors really fill.
constexpr IntField kIntFields[] = {
    {"vocab_size", &ModelConfig::vocab_size, 1, 1 << 20},
    {"d_model", &ModelConfig::d_model, 2, 1 << 14},
    {"layers", &ModelConfig::layers, 1, 256},
    {"heads", &ModelConfig::heads, 1, 256},
    {"kv_heads", &ModelConfig::kv_heads, 1, 256},
    {"d_ff", &ModelConfig::d_ff, 1, 1 << 16},
    {"context", &ModelConfig::context, 1, 1 << 20},
    {"window", &ModelConfig::window, 1, 1 << 20},
    {"sinks", &ModelConfig::sinks, 0, 1 << 10},
    {"attributes", &ModelConfig::attributes, 1, 32},
};

constexpr int kMostFields = 16;

tl::unexpected<Error> bad_config(const std::string& message) {
  return fail(ErrorCode::kMalformed, "model config: " + message);
}

/// Runs of equal attributes, as [[first id, attribute], ...].
json to_runs(const std::vector<std::uint8_t>& attributes) {
  json runs = json::array();
  for (std::size_t i = 0; i < attributes.size(); ++i)
    if (i == 0 || attributes[i] != attributes[i - 1]) runs.push_back({i, attributes[i]});
  return runs;
}

Result<std::vector<std::uint8_t>> from_runs(const json& runs, int size) {
  std::vector<std::uint8_t> attributes(static_cast<std::size_t>(size), 0);
  if (!runs.is_array())
    return bad_config("token_attributes must be a list of [first id, attribute]");
  std::int64_t previous = -1;
  std::uint8_t last = 0;
  for (const json& run : runs) {
    if (!run.is_array() || run.size() != 2 || !run[0].is_number_integer() ||
        !run[1].is_number_integer())
      return bad_config("token_attributes must be a list of [first id, attribute]");
    const auto first = run[0].get<std::int64_t>();
    const auto attribute = run[1].get<std::int64_t>();
    if (first <= previous || first >= size || attribute < 0 || attribute > 31)
      return bad_config("token_attributes are out of order or out of range");
    std::fill(attributes.begin() + std::max<std::int64_t>(previous, 0), attributes.begin() + first,
              last);
    last = static_cast<std::uint8_t>(attribute);
    previous = first;
  }
  std::fill(attributes.begin() + std::max<std::int64_t>(previous, 0), attributes.end(), last);
  return attributes;
}

Result<void> validate_groups(const ModelConfig& config) {
  if (config.kv_groups.empty()) return {};
  if (config.kv_groups.size() != static_cast<std::size_t>(config.layers))
    return bad_config("kv_groups must have a table for every layer, or be left out");
  int most = 0;
  for (const std::vector<int>& table : config.kv_groups) {
    if (table.size() != static_cast<std::size_t>(config.heads))
      return bad_config("a table of kv_groups must have an entry for every query head");
    for (const int head : table)
      if (head < 0 || head >= config.heads)
        return bad_config("kv_groups names a K/V head out of range");
    const auto spec = (*find_attention(config.attention))->make(table);
    if (!spec) return bad_config(spec.error().message);
    most = std::max(most, spec->kv_heads);
  }
  if (most != config.kv_heads)
    return bad_config("kv_heads must be the most that a layer of kv_groups has");
  return {};
}

}  // namespace

json to_json(const ModelConfig& config) {
  json out;
  for (const IntField& field : kIntFields) out[field.name] = config.*field.member;
  out["attention"] = config.attention;
  out["ff_banks"] = config.ff_banks;
  out["activation"] = config.activation == Activation::kSwiGlu ? "swiglu" : "gelu";
  out["tied"] = config.tied;
  out["rope_theta"] = config.rope_theta;
  out["norm_eps"] = config.norm_eps;
  out["token_attributes"] = to_runs(config.token_attributes);
  if (config.output != "flat") {  // older programs need not know of outputs to read flat models
    out["output"] = config.output;
    out["fields"] = config.fields;
  }
  if (!config.kv_groups.empty()) out["kv_groups"] = config.kv_groups;
  return out;
}

Result<ModelConfig> model_config_from_json(const json& in) {
  if (!in.is_object()) return bad_config("not a JSON object");
  ModelConfig config;
  try {
    for (const IntField& field : kIntFields) {
      const auto value = in.at(field.name).get<std::int64_t>();
      if (value < field.low || value > field.high)
        return bad_config(std::string(field.name) + " is " + std::to_string(value) + ", outside " +
                          std::to_string(field.low) + ".." + std::to_string(field.high));
      config.*field.member = static_cast<int>(value);
    }
    config.attention = in.at("attention").get<std::string>();
    config.ff_banks = in.at("ff_banks").get<bool>();
    const auto activation = in.at("activation").get<std::string>();
    if (activation != "swiglu" && activation != "gelu")
      return bad_config("activation '" + activation + "' is neither swiglu nor gelu");
    config.activation = activation == "swiglu" ? Activation::kSwiGlu : Activation::kGelu;
    config.tied = in.at("tied").get<bool>();
    config.rope_theta = in.at("rope_theta").get<float>();
    config.norm_eps = in.at("norm_eps").get<float>();
    config.output = in.value("output", config.output);
    const auto fields = in.value("fields", std::int64_t{1});
    if (fields < 1 || fields > kMostFields) return bad_config("fields is out of range");
    config.fields = static_cast<int>(fields);
    auto attributes = from_runs(in.at("token_attributes"), config.vocab_size);
    if (!attributes) return tl::unexpected(attributes.error());
    config.token_attributes = *std::move(attributes);
    if (in.contains("kv_groups"))
      config.kv_groups = in.at("kv_groups").get<std::vector<std::vector<int>>>();
  } catch (const json::exception& e) {
    return bad_config(e.what());
  }
  if (auto ok = validate(config); !ok) return tl::unexpected(ok.error());
  return config;
}

Result<void> validate(const ModelConfig& config) {
  for (const IntField& field : kIntFields)
    if (config.*field.member < field.low || config.*field.member > field.high)
      return bad_config(std::string(field.name) + " is out of range");
  if (config.d_model % config.heads != 0 || config.head_dim() % 2 != 0)
    return bad_config("d_model must be an even multiple of heads");
  if (!(config.rope_theta >= 1.0f && config.rope_theta <= 1e9f))
    return bad_config("rope_theta is out of range");
  if (!(config.norm_eps > 0.0f && config.norm_eps <= 1.0f))
    return bad_config("norm_eps is out of range");
  if (config.sinks >= config.window) return bad_config("sinks must be fewer than window");
  if (config.token_attributes.size() != static_cast<std::size_t>(config.vocab_size))
    return bad_config("every token needs an attribute");
  for (const std::uint8_t attribute : config.token_attributes)
    if (attribute >= config.attributes)
      return bad_config("a token has an attribute that does not exist");
  auto attention =
      make_attention(config.attention, config.heads, config.kv_heads, config.attributes);
  if (!attention) return bad_config(attention.error().message);
  const auto output = make_output(config.output);
  if (!output) return bad_config(output.error().message);
  if (output->compound ? config.fields < 2 || config.fields > kMostFields : config.fields != 1)
    return bad_config(
        "a step of output '" + config.output + "' has " +
        (output->compound ? "2 to " + std::to_string(kMostFields) + " fields" : "1 field") +
        ", not " + std::to_string(config.fields));
  return validate_groups(config);
}

AttentionSpec attention_of(const ModelConfig& config, int layer) {
  const AttentionFamily& family = **find_attention(config.attention);
  return (config.kv_groups.empty() ? family.make(config.heads, config.kv_heads, config.attributes)
                                   : family.make(config.kv_groups[static_cast<std::size_t>(layer)]))
      .value();
}

int total_kv_heads(const ModelConfig& config) {
  int total = 0;
  for (int layer = 0; layer < config.layers; ++layer) total += attention_of(config, layer).kv_heads;
  return total;
}

std::string describe(const ModelConfig& config) {
  const std::string kv = !config.kv_groups.empty()
                             ? std::to_string(total_kv_heads(config)) + " K/V heads in all"
                         : config.kv_heads == 1 ? "1 K/V head"
                                                : std::to_string(config.kv_heads) + " K/V heads";
  return "d" + std::to_string(config.d_model) + " L" + std::to_string(config.layers) + " h" +
         std::to_string(config.heads) + ", " + config.attention + " with " + kv;
}

OutputSpec output_of(const ModelConfig& config) { return make_output(config.output).value(); }

Result<ModelConfig> shape_config(std::string_view name) {
  struct Shape {
    std::string_view name;
    int d_model, layers, heads, d_ff;
  };
  // d_ff = 8/3 d rounded to a multiple of 64: SwiGLU with the parameters of a 4 d feed-forward.
  constexpr Shape kShapes[] = {{"tiny", 32, 2, 4, 64},
                               {"small", 256, 6, 4, 704},
                               {"base", 512, 8, 8, 1408},
                               {"large", 768, 12, 12, 2048}};
  const auto* shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [&](const Shape& s) { return s.name == name; });
  if (shape == std::end(kShapes))
    return fail(ErrorCode::kInvalidArgument, "no shape is called '" + std::string(name) +
                                                 "'; there are tiny, small, base, large");
  ModelConfig config;
  config.d_model = shape->d_model;
  config.layers = shape->layers;
  config.heads = shape->heads;
  config.d_ff = shape->d_ff;
  return config;
}

}  // namespace sage
