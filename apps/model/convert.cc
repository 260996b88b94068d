// sage-music convert: a model file with weights of another type, or a larger model.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "generate/engine.h"
#include "nn/weights.h"
#include "surgery/deepen.h"
#include "surgery/extend.h"
#include "surgery/specialise.h"
#include "surgery/widen.h"

namespace sage::cli {
namespace {

struct ConvertOptions {
  std::string input, output, type;  // empty: as stored
  int layers = 0;                   // 0: as many as there are
  int d_model = 0, d_ff = 0;        // 0: as there is; d_ff: in proportion
  std::string attention;            // empty: as there is
  int kv_heads = 0;
  bool ff_banks = false;
  bool velocity = false;
  std::uint64_t seed = 1;
};

/// The model with velocity tokens: they stand after PITCH, where DURATION used to follow.
Result<std::shared_ptr<const Weights>> with_velocity(const Weights& weights, std::uint64_t seed) {
  auto config = tokenizer_config_of(weights);
  if (!config) return tl::unexpected(config.error());
  if (config->velocity)
    return fail(ErrorCode::kInvalidArgument, "the model writes velocities already");
  if (!config->merges.pairs.empty())
    return fail(ErrorCode::kUnsupported, "a model with merges cannot get velocities");
  const Vocabulary before = base_vocabulary(*config);
  config->velocity = true;
  const Vocabulary after = base_vocabulary(*config);
  Extension extension;
  extension.attributes = after.attributes();
  extension.after = static_cast<int>(Attribute::kPitch);
  extension.before = static_cast<int>(Attribute::kDuration);
  extension.tokenizer = to_json(*config).dump();
  for (TokenId id = 0; id < after.size(); ++id) {
    const auto [kind, value] = after.event(id);
    extension.old_ids.push_back(before.has(kind) ? before.id(kind, value) : -1);
  }
  return extend(weights, extension, seed);
}

/// The model as another member of the attention family, with more layers, or wider, as asked for.
Result<std::shared_ptr<const Weights>> grow(std::shared_ptr<const Weights> weights,
                                            const ConvertOptions& options) {
  if (!options.attention.empty() || options.kv_heads > 0 || options.ff_banks) {
    const std::string attention =
        options.attention.empty() ? weights->config().attention : options.attention;
    auto special = specialise(*weights, {attention, options.kv_heads, options.ff_banks});
    if (!special) return special;
    weights = *std::move(special);
  }
  if (options.layers > 0) {
    auto deeper = deepen(*weights, options.layers);
    if (!deeper) return deeper;
    weights = *std::move(deeper);
  }
  if (options.velocity) {
    auto extended = with_velocity(*weights, options.seed);
    if (!extended) return extended;
    weights = *std::move(extended);
  }
  if (options.d_model == 0 && options.d_ff == 0) return weights;
  const ModelConfig& config = weights->config();
  const int d_model = options.d_model > 0 ? options.d_model : config.d_model;
  const int d_ff = options.d_ff > 0 ? options.d_ff : config.d_ff * d_model / config.d_model;
  return widen(*weights, d_model, d_ff, options.seed);
}

Result<void> act(const ConvertOptions& options) {
  auto weights = Weights::load(options.input);
  if (!weights) return tl::unexpected(weights.error());
  const WeightType type = type_of(options.type).value_or((*weights)->type());
  auto grown = grow(*weights, options);
  if (!grown) return fail(options.input, grown.error());
  const auto converted = (*grown)->convert(type);
  if (auto done = converted->save(options.output); !done) return done;
  say(options.output + ": " + std::string(to_string(type)) + ", " +
      grouped(static_cast<long long>(converted->bytes())) + " bytes of weights, " +
      grouped(static_cast<long long>((*weights)->bytes())) + " before");
  return {};
}

}  // namespace

void add_convert(Cli& cli) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "convert", "Convert a model: weight type, size, attention",
      "  sage-music convert run/model.safetensors --type bf16 -o models/mine.safetensors\n"
      "  sage-music convert model.safetensors --type f32 --layers 6 -o deeper.safetensors\n"
      "  sage-music convert model.safetensors --type f32 --d-model 512 -o wider.safetensors\n"
      "  sage-music convert model.safetensors --attention as-kvhs-all -o special.safetensors\n"
      "  sage-music convert model.safetensors --type f32 --velocity -o louder.safetensors\n"
      "\n"
      "The new model has the same logits: new layers and width are neutral, weights by attribute\n"
      "and new K/V heads are copies. With --velocity this holds where no velocity token came "
      "before.\n"
      "Continue training with `train --init`.",
      [options] { return act(*options); });
  command->add_option("file", options->input, "model file")->required();
  command->add_option("--type", options->type, "f32, bf16, int8 or int4 (default: as stored)")
      ->check(is_weight_type());
  command->add_option("--attention", options->attention,
                      "more specialised attention member, or one with more K/V heads");
  command
      ->add_option("--kv-heads", options->kv_heads,
                   "larger number of K/V heads (default: unchanged)")
      ->check(CLI::Range(1, 256));
  command->add_flag("--ff-banks", options->ff_banks, "feed-forward weights by attribute");
  command->add_flag("--velocity", options->velocity,
                    "velocity tokens, for a model whose notes have none");
  command->add_option("--layers", options->layers, "larger number of layers")
      ->check(CLI::Range(1, 256));
  command
      ->add_option("--d-model", options->d_model,
                   "larger width of the residual stream, with more heads")
      ->check(CLI::Range(2, 16384));
  command
      ->add_option("--d-ff", options->d_ff,
                   "larger width of the feed-forward (default: in proportion)")
      ->check(CLI::Range(1, 65536));
  command->add_option("--seed", options->seed, "seed of the new weights")->capture_default_str();
  command->add_option("-o,--output", options->output, "model file to write")->required();
  check_usage(*command, [options] { return check_apart({options->input}, {options->output}); });
}

}  // namespace sage::cli
