// What the commands share: how one is declared, how it speaks, how it ends.
//
// Exit codes: 0 done, 1 failed (one line on standard error), 2 wrong usage, 3 done, but not all
// that was asked for came about.
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sage::cli {

using Json = nlohmann::ordered_json;
using Action = std::function<Result<void>()>;

struct Cli {
  CLI::App app;
  std::string command_line;  // as it was typed, with the program's plain name in front
  Action action;             // set by the command that was parsed
};

/// Declares one command. `examples` is the end of its help; `act` runs after everything is
/// parsed.
CLI::App* add_command(CLI::App& parent, Cli& cli, const std::string& name,
                      const std::string& summary, const std::string& examples, Action act);

/// A check of the options together, made while they are parsed: what it refuses is wrong usage.
void check_usage(CLI::App& command, Action check);

/// For numbers that start at 0 and have no upper end.
CLI::Validator not_negative();

/// For words that stand for values; another word is refused with the list of them.
template <class T>
CLI::Validator one_of(const std::map<std::string, T>& words) {
  return {[words](std::string& text) -> std::string {
            if (const auto found = words.find(text); found != words.end()) {
              text = CLI::detail::value_string(found->second);
              return "";
            }
            std::string all;
            for (const auto& [word, value] : words) all += (all.empty() ? "" : ", ") + word;
            return "'" + text + "' is not one of " + all;
          },
          ""};
}

/// Declares every command of the list in CMakeLists.txt.
void add_commands(Cli& cli);

/// A line on standard output, or on standard error where that carries data.
void say(const std::string& line);
/// A line on standard error: errors, warnings, and progress where nobody watches.
void note(const std::string& line);
/// JSON on standard output.
void say_json(const Json& json);
/// Rewrites the last line of standard error if that is a terminal; else prints a line every 15 s.
void show_progress(const std::string& line);
/// Ends the line that show_progress rewrites, where there is one.
void end_progress();

/// Becomes true on Ctrl-C or a request to end; long work looks at it and stops cleanly.
const std::atomic<bool>& stop_requested();
void install_stop_handler();

/// Whether this program can train: train/train.cc returns true, no_trainer.cc false.
bool has_trainer();

/// The text with its control characters as \xNN, so that a name in a file cannot steer a terminal.
std::string printable(std::string_view text);
/// "41 s left", "12 min left", "3.5 h left"
std::string time_left(double seconds);
/// "1,234,567"
std::string grouped(long long n);
/// A number with a fixed number of decimals.
std::string fixed(double x, int digits);

}  // namespace sage::cli
