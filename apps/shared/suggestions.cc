#include "apps/shared/suggestions.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/nearest_word.h"

namespace sage::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  return names;
}

const CLI::App* command_named(const CLI::App& parent, std::string_view name) {
  for (const CLI::App* each : parent.get_subcommands([](const CLI::App*) { return true; }))
    if (each->get_name() == name) return each;
  return nullptr;
}

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

std::string suggested(const std::string& word, std::span<const std::string> candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  const std::string close = closest_word(word, views);
  return close.empty() ? close : "; did you mean " + close + "?";
}

std::string suggestion(const CLI::App& app, std::span<const char* const> arguments) {
  const CLI::App* command = &app;
  for (const char* const text : arguments) {
    const std::string argument = text;
    if (argument == "--") break;
    if (argument.starts_with("--")) {
      const std::string name = argument.substr(0, argument.find('='));
      const std::vector<std::string> known = option_names(*command);
      if (!contains(known, name)) return suggested(name, known);
    } else if (const std::vector<std::string> below = command_names(*command);
               !argument.starts_with('-') && !below.empty()) {
      const CLI::App* next = command_named(*command, argument);
      if (next == nullptr) return "; '" + argument + "' is no command" + suggested(argument, below);
      command = next;
    }
  }
  return {};
}

}  // namespace sage::cli
