#include "apps/shared/sampler_options.h"

namespace sage::cli {

void add_sampler_options(CLI::App& command, SamplerOptions& sampler) {
  command
      .add_option("--temperature", sampler.temperature,
                  "sampling temperature; 0: always the most likely token")
      ->capture_default_str();
  command.add_option("--top-k", sampler.top_k, "sample from the k most likely tokens; 0: all")
      ->capture_default_str();
  command
      .add_option("--top-p", sampler.top_p,
                  "sample from the most likely tokens with this total probability")
      ->capture_default_str();
  command
      .add_option("--min-p", sampler.min_p,
                  "drop tokens below this share of the highest probability")
      ->capture_default_str();
}

void add_presence_option(CLI::App& command, double& presence) {
  command
      .add_option("--presence", presence,
                  "raise silent requested instruments by this many nats a bar; 0: off")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

}  // namespace sage::cli
