// sage-music completion: a script that completes commands and options in the shell.
#include <memory>
#include <sstream>

#include "apps/shared/cli.h"

namespace sage::cli {
namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const CLI::App* command : app.get_subcommands({})) add(command->get_name());
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) add("--" + name);
  return words;
}

void add_cases(const CLI::App& app, const std::string& path, std::string& cases) {
  cases += "    '" + path + "') words='" + words_of(app) + "' ;;\n";
  for (const CLI::App* command : app.get_subcommands({}))
    add_cases(*command, (path.empty() ? "" : path + " ") + command->get_name(), cases);
}

/// The patterns of a path that one more word can lengthen: nothing yet, or a command of commands.
std::string open_paths(const CLI::App& app) {
  std::string paths = "''";
  for (const CLI::App* command : app.get_subcommands({}))
    if (!command->get_subcommands({}).empty()) paths += " | " + command->get_name();
  return paths;
}

/// Works in bash, and in zsh after `autoload -U bashcompinit && bashcompinit`.
std::string script(const CLI::App& app) {
  std::string cases;
  add_cases(app, "", cases);
  return "_sage_music() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} path='' words='' i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case $path in\n"
         "    " +
         open_paths(app) +
         ") path=\"${path:+$path }${COMP_WORDS[i]}\" ;;\n"
         "    *) break ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  if [[ $cur == -* || ( -n $words && $words != -* ) ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  fi\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "}\n"
         "complete -o filenames -F _sage_music sage-music\n";
}

}  // namespace

void add_completion(Cli& cli) {
  add_command(cli.app, cli, "completion", "Print a completion script for bash (and zsh)",
              "  source <(sage-music completion)", [&cli]() -> Result<void> {
                say(script(cli.app));
                return {};
              });
}

}  // namespace sage::cli
