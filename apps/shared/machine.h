// The machine and the build that a figure comes from.
#pragma once

#include <string>

namespace sage::cli {

/// Processor, number of threads, memory: "AMD EPYC 9R45, 2 threads, 15.3 GB".
std::string machine_name();
/// Operating system and compiler.
std::string system_name();

}  // namespace sage::cli
