#include "apps/shared/process.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "apps/shared/cli.h"

namespace sage::cli {
namespace {

bool output_is_data = false;
bool unfulfilled = false;
bool on_terminal = false;  // where a line of progress may be open

void end_now(int) {
  constexpr std::string_view kLine = "\nsage-music: interrupted; nothing was written\n";
  const std::string_view line = kLine.substr(on_terminal ? 0 : 1);
  [[maybe_unused]] const auto said = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(1);
}

}  // namespace

void keep_standard_output_for_data() { output_is_data = true; }
bool standard_output_is_data() { return output_is_data; }

void end_unfulfilled() { unfulfilled = true; }
int exit_code() { return unfulfilled ? 3 : 0; }

EndsAtOnce::EndsAtOnce() {
  on_terminal = ::isatty(STDERR_FILENO) != 0;
  std::signal(SIGINT, end_now);
  std::signal(SIGTERM, end_now);
}

EndsAtOnce::~EndsAtOnce() { install_stop_handler(); }

}  // namespace sage::cli
