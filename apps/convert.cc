// sage-music convert: a model file with weights of another type.
#include <filesystem>
#include <memory>

#include "cli.h"
#include "nn/weights.h"

namespace sage::cli {
namespace {

struct Options {
  std::string input, output, type = "bf16";
};

Result<void> act(const Options& options) {
  auto weights = Weights::load(options.input);
  if (!weights) return tl::unexpected(weights.error());
  const auto converted = (*weights)->convert(weight_type_from_string(options.type).value());
  if (auto done = converted->save(options.output); !done) return done;
  say(options.output + ": " + options.type + ", " +
      grouped(static_cast<long long>(converted->bytes())) + " bytes of weights, " +
      grouped(static_cast<long long>((*weights)->bytes())) + " before");
  return {};
}

}  // namespace

void add_convert(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "convert", "Write a model with weights of another type",
      "  sage-music convert run/model.safetensors --type bf16 -o models/mine.safetensors",
      [options] { return act(*options); });
  command->add_option("file", options->input, "model file")->required();
  command->add_option("--type", options->type, "f32, bf16 or int8")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "model file to write")->required();
}

}  // namespace sage::cli
