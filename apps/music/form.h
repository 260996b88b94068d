// generate --form: a piece by a plan of sections.
#pragma once

#include "apps/music/generate_setup.h"

namespace sage::cli {

/// Writes the takes of a form, one after the other.
Result<void> write_form(const GenerateOptions& options, const Setup& setup);

}  // namespace sage::cli
