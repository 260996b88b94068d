// "Did you mean": the command, option or file of this program that was most likely meant.
#pragma once

#include <span>
#include <string>

#include "apps/shared/cli.h"

namespace sage::cli {

/// For a command line that could not be parsed: "; did you mean --tempo?", or nothing.
std::string suggestion(const CLI::App& app, std::span<const char* const> arguments);

/// The same for one word among some.
std::string suggested(const std::string& word, std::span<const std::string> candidates);

}  // namespace sage::cli
