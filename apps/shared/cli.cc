#include "apps/shared/cli.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "apps/shared/process.h"

namespace sage::cli {
namespace {

std::atomic<bool> stop_flag{false};
bool progress_is_open = false;  // a line on the terminal waits for its end

void on_signal(int signal) {
  stop_flag.store(true);
  std::signal(signal, SIG_DFL);  // a second Ctrl-C ends the program at once
}

/// Whether the text of a number is not a value of its type: not a number, infinite, too large or
/// negative, where CLI11 would take the nearest that there is.
bool is_out_of_range(const std::string& type, const std::string& value) {
  if (type.starts_with("FLOAT")) {
    double number = 0;
    return CLI::detail::lexical_cast(value, number) && !std::isfinite(number);
  }
  const bool is_unsigned = type.starts_with("UINT");
  if (!is_unsigned && !type.starts_with("INT")) return false;
  errno = 0;
  if (is_unsigned)
    std::strtoull(value.c_str(), nullptr, 0);
  else
    std::strtoll(value.c_str(), nullptr, 0);
  return errno == ERANGE || (is_unsigned && value.starts_with('-'));
}

/// Invalid for any option: an empty value (from an unset shell variable) or an invalid number.
void refuse_senseless_values(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    for (const std::string& value : option->results()) {
      if (value.empty()) throw CLI::ValidationError(option->get_name(), "the value is empty");
      if (is_out_of_range(option->get_type_name(), value))
        throw CLI::ValidationError(option->get_name(), value + " is not a number in its range");
    }
}

}  // namespace

CLI::App* add_command(CLI::App& parent, Cli& cli, const std::string& name,
                      const std::string& summary, const std::string& examples, Action act) {
  CLI::App* command = parent.add_subcommand(name, summary);
  if (!examples.empty()) command->footer("Examples:\n" + examples);
  command->callback([&cli, command, act = std::move(act)] {
    refuse_senseless_values(*command);
    if (command->get_subcommands().empty()) cli.action = act;
  });
  return command;
}

// CLI11 keeps one such callback a command, the last, and calls it before the command's own; so
// senseless values must be refused here too, before `check` sees them.
void check_usage(CLI::App& command, Action check) {
  command.parse_complete_callback([&command, check = std::move(check)] {
    refuse_senseless_values(command);
    if (const auto ok = check(); !ok) throw CLI::ValidationError(to_string(ok.error()));
  });
}

CLI::Validator not_negative() {
  return {[](const std::string& value) {
            return value.starts_with('-') ? value + " is negative" : std::string();
          },
          ""};
}

void say(const std::string& line) {
  (standard_output_is_data() ? std::cerr : std::cout) << line << '\n';
}

void note(const std::string& line) { std::cerr << printable(line) << '\n'; }

void say_json(const Json& json) { say(json.dump(2, ' ', false, Json::error_handler_t::replace)); }

void show_progress(const std::string& line) {
  using Clock = std::chrono::steady_clock;
  static Clock::time_point last = Clock::now();
  const auto now = Clock::now();
  if (::isatty(STDERR_FILENO) != 0) {
    std::cerr << '\r' << printable(line) << "\033[K" << std::flush;
    progress_is_open = true;
  } else if (now - last >= std::chrono::seconds(15)) {
    note(line);
    last = now;
  }
}

void end_progress() {
  if (std::exchange(progress_is_open, false)) std::cerr << '\n';
}

const std::atomic<bool>& stop_requested() { return stop_flag; }

void install_stop_handler() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

std::string printable(std::string_view text) {
  std::string out;
  const auto escape = [&](unsigned char byte) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    out += code;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte < 0x20 || byte == 0x7f) {
      escape(byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {  // U+0080 to U+009F in UTF-8
      escape(byte);
      escape(next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string time_left(double seconds) {
  const auto minutes = static_cast<long long>(seconds / 60.0 + 0.5);
  if (minutes < 2) return fixed(seconds, 0) + " s left";
  if (minutes < 120) return std::to_string(minutes) + " min left";
  return fixed(seconds / 3600.0, 1) + " h left";
}

std::string grouped(long long n) {
  std::string digits = std::to_string(n < 0 ? -n : n);
  for (int place = static_cast<int>(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  return n < 0 ? "-" + digits : digits;
}

std::string fixed(double x, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, x);
  return text;
}

}  // namespace sage::cli
