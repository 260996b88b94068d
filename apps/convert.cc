// sage-music convert: a model file with weights of another type, or with more layers.
#include <filesystem>
#include <memory>

#include "cli.h"
#include "model_choice.h"
#include "nn/deepen.h"
#include "nn/weights.h"

namespace sage::cli {
namespace {

struct Options {
  std::string input, output, type;  // empty: as stored
  int layers = 0;                   // 0: as many as there are
};

Result<void> act(const Options& options) {
  auto weights = Weights::load(options.input);
  if (!weights) return tl::unexpected(weights.error());
  const WeightType type = type_of(options.type).value_or((*weights)->type());
  auto converted = (*weights)->convert(type);
  if (options.layers > 0) {
    auto deeper = deepen(*converted, options.layers);
    if (!deeper) return fail(options.input, deeper.error());
    converted = *std::move(deeper);
  }
  if (auto done = converted->save(options.output); !done) return done;
  say(options.output + ": " + std::string(to_string(type)) + ", " +
      grouped(static_cast<long long>(converted->bytes())) + " bytes of weights, " +
      grouped(static_cast<long long>((*weights)->bytes())) + " before");
  return {};
}

}  // namespace

void add_convert(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "convert", "Write a model with weights of another type, or with more layers",
      "  sage-music convert run/model.safetensors --type bf16 -o models/mine.safetensors\n"
      "  sage-music convert model.safetensors --type f32 --layers 6 -o deeper.safetensors\n"
      "\n"
      "New layers add nothing yet, so that the deeper model says what the other one said; train "
      "it\n"
      "on with `train --init`.",
      [options] { return act(*options); });
  command->add_option("file", options->input, "model file")->required();
  command->add_option("--type", options->type, "f32, bf16, int8 or int4 (default: as stored)")
      ->check(is_weight_type());
  command->add_option("--layers", options->layers, "so many in place of fewer")
      ->check(CLI::Range(1, 256));
  command->add_option("-o,--output", options->output, "model file to write")->required();
}

}  // namespace sage::cli
