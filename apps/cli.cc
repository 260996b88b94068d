#include "cli.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>

namespace sage::cli {
namespace {

std::atomic<bool> stop_flag{false};

void on_signal(int signal) {
  stop_flag.store(true);
  std::signal(signal, SIG_DFL);  // a second Ctrl-C ends the program at once
}

}  // namespace

CLI::App* add_command(CLI::App& parent, Cli& cli, const std::string& name,
                      const std::string& summary, const std::string& examples, Action act) {
  CLI::App* command = parent.add_subcommand(name, summary);
  if (!examples.empty()) command->footer("Examples:\n" + examples);
  command->callback([&cli, act = std::move(act)] { cli.action = act; });
  return command;
}

void say(const std::string& line) { std::cout << line << '\n'; }

void note(const std::string& line) { std::cerr << line << '\n'; }

void say_json(const Json& json) {
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void show_progress(const std::string& line) {
  using Clock = std::chrono::steady_clock;
  static Clock::time_point last = Clock::time_point::min();
  const auto now = Clock::now();
  if (::isatty(STDERR_FILENO) != 0) {
    std::cerr << '\r' << line << "\033[K" << std::flush;
  } else if (last == Clock::time_point::min() || now - last >= std::chrono::seconds(15)) {
    std::cerr << line << '\n';
    last = now;
  }
}

void end_progress() {
  if (::isatty(STDERR_FILENO) != 0) std::cerr << '\n';
}

const std::atomic<bool>& stop_requested() { return stop_flag; }

void install_stop_handler() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

Result<void> no_trainer() {
  return fail(ErrorCode::kUnsupported,
              "this program was built without the trainer; build it with scripts/build.sh train "
              "(needs libtorch-dev) and call build/train/bin/sage-music");
}

std::string grouped(long long n) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), ",");
  return n < 0 ? "-" + digits : digits;
}

std::string fixed(double x, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, x);
  return text;
}

}  // namespace sage::cli
