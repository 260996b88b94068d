#include "apps/shared/machine.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <fstream>
#include <thread>

#include "apps/shared/cli.h"

namespace sage::cli {

std::string machine_name() {
  std::string processor = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name") && !line.starts_with("CPU part")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) processor = line.substr(colon + 2);
    break;
  }
  struct sysinfo memory {};
  sysinfo(&memory);
  const double gigabytes = static_cast<double>(memory.totalram) * memory.mem_unit / 1e9;
  return printable(processor) + ", " + std::to_string(std::thread::hardware_concurrency()) +
         " threads, " + fixed(gigabytes, 1) + " GB";
}

std::string system_name() {
  struct utsname name {};
  uname(&name);
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
  return std::string(name.sysname) + " " + name.release + " " + name.machine + ", " + compiler;
}

}  // namespace sage::cli
