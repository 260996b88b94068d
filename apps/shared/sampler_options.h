// The options of how tokens are chosen, for the commands that generate.
#pragma once

#include "apps/shared/cli.h"
#include "generate/sampler.h"

namespace sage::cli {

/// --temperature, --top-k, --top-p and --min-p, with what `sampler` holds as defaults.
void add_sampler_options(CLI::App& command, SamplerOptions& sampler);

/// --presence, see Request.
void add_presence_option(CLI::App& command, double& presence);

}  // namespace sage::cli
