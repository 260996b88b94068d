#include "apps/shared/sampler_options.h"

namespace sage::cli {

void add_sampler_options(CLI::App& command, SamplerOptions& sampler) {
  command.add_option("--temperature", sampler.temperature, "0: always the likeliest token")
      ->capture_default_str();
  command.add_option("--top-k", sampler.top_k, "choose among the k likeliest; 0: all")
      ->capture_default_str();
  command
      .add_option("--top-p", sampler.top_p, "choose among the likeliest that make up this share")
      ->capture_default_str();
  command.add_option("--min-p", sampler.min_p, "drop what is this much less likely than the best")
      ->capture_default_str();
}

void add_presence_option(CLI::App& command, double& presence) {
  command
      .add_option("--presence", presence,
                  "favours instruments that are expected and silent: nats a bar; 0: off")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

}  // namespace sage::cli
